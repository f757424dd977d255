"""Every refusal has its status and its sentence, in every language of the pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from booking import errors
from booking.errors import Fault, Invalid, NotFound, NotPossibleNow, RateLimited
from booking.rules.lifecycle import Status
from booking.web import problems
from booking.web.schemas import check_contact, check_texts

HOUSE = Path(problems.__file__).parent.parent
LANGUAGES = ("de", "en")
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refusal)]
REFUSALS = [kind for kind in KINDS if not issubclass(kind, errors.StaffRefusal)]
STAFF = [kind for kind in KINDS if issubclass(kind, errors.StaffRefusal)]
KEYS = re.compile(r"""(?:Fault\(\s*f?"[^"]*",|flaw\(|Flaw\(|yield Fault\(f?"[^"]*",)\s*"([a-z-]+)\"""")


def sentences(language: str, domain: str = "refusals") -> dict[str, str]:
    file = HOUSE / "translations" / language / "LC_MESSAGES" / f"{domain}.po"
    with file.open("rb") as opened:
        return {str(said.id): str(said.string) for said in read_po(opened) if said.id}


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_a_headline_and_a_sentence(kind: type[errors.Refusal]) -> None:
    assert problems.STATUSES[kind.code] in range(400, 600)
    for language in LANGUAGES:
        said = sentences(language)
        assert said[f"{kind.code}.title"]
        assert said[kind.code].endswith(".")


@pytest.mark.parametrize("kind", STAFF, ids=lambda kind: kind.__name__)
def test_every_refusal_of_staff_has_a_status_a_headline_and_a_sentence_in_german(kind: type[errors.Refusal]) -> None:
    assert problems.STAFF_STATUSES[kind.code] in range(400, 600)
    said = sentences("de") | sentences("de", "staff")
    assert said[f"{kind.code}.title"]
    assert said[kind.code].endswith(".")


def test_every_code_that_is_not_a_refusal_has_its_words_too() -> None:
    for language in LANGUAGES:
        said = sentences(language)
        for code in {*problems.STATUSES, *problems.HTTP_CODES.values()}:
            assert {code, f"{code}.title"} <= said.keys()


def test_every_fault_that_the_house_knows_has_a_sentence() -> None:
    used = {key for path in HOUSE.rglob("*.py") for key in KEYS.findall(path.read_text())}
    assert {"required", "too-long", "off-grid", "email", "control-character", "unknown-question"} <= used
    for_staff = faults(sentences("de", "staff"))
    for language in LANGUAGES:
        assert used - for_staff <= faults(sentences(language))


def faults(said: dict[str, str]) -> set[str]:
    return {key.removeprefix("fault.") for key in said if key.startswith("fault.")}


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    german, english = (sentences(language) for language in LANGUAGES)
    assert german.keys() == english.keys()
    for key, sentence in german.items():
        assert set(re.findall(r"%\(\w+\)s", sentence)) == set(re.findall(r"%\(\w+\)s", english[key])), key


@pytest.mark.parametrize(
    ("refusal", "language", "words"),
    [
        pytest.param(NotFound("concern"), "de", "Anliegen", id="what was not found"),
        pytest.param(NotFound("concern"), "en", "service", id="in English"),
        pytest.param(NotFound("unheard-of"), "de", "Seite", id="something without words of its own"),
        pytest.param(NotPossibleNow(Status.CANCELLED), "de", "abgesagt", id="the state that stands against it"),
        pytest.param(NotPossibleNow(Status.SERVED), "de", "nicht mehr möglich", id="a state without words of its own"),
    ],
)
def test_the_sentence_fits_what_happened(app: Flask, refusal: errors.Refusal, language: str, words: str) -> None:
    with app.test_request_context(f"/?lang={language}"):
        assert words in problems.sentence(refusal)


def test_the_browser_s_language_counts_where_the_url_names_none(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "en-GB,de;q=0.5"}):
        assert "municipality" in problems.sentence(NotFound("municipality"))


def test_a_field_s_sentence_carries_its_values(app: Flask) -> None:
    with app.test_request_context("/?lang=de"):
        assert "höchstens 120 Zeichen" in problems.fault_sentence(Fault("/name", "too-long", {"max": 120}))
        assert problems.fault_sentence(Fault("/name", "unheard-of"))
        document = problems.as_document(Invalid(Fault("/name", "required"), Fault("/email", "email")))
    assert [fault["pointer"] for fault in document["errors"]] == ["/name", "/email"]


def test_a_redirect_is_no_problem(app: Flask) -> None:
    answer = app.test_client().get("/musterstadt")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/musterstadt/")


def test_an_overloaded_server_says_when_to_come_back(with_settings: Callable[..., Flask]) -> None:
    app = with_settings()

    def overloaded() -> None:
        raise ServiceUnavailable

    app.add_url_rule("/api/overloaded", view_func=overloaded)
    answer = app.test_client().get("/api/overloaded")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")


def test_pages_say_when_to_come_back_too(with_settings: Callable[..., Flask]) -> None:
    app = with_settings()

    def busy() -> None:
        raise RateLimited(600)

    app.add_url_rule("/busy", view_func=busy)
    answer = app.test_client().get("/busy", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (429, "text/html", "600")
    assert "Please wait a little" in answer.text


def test_what_pages_collect_is_tidied_like_what_programs_send() -> None:
    contact = check_contact(name="  Anna Beispiel ", email="Anna@müller.de", phone="")
    assert (contact.name, contact.email) == ("Anna Beispiel", "Anna@xn--mller-kva.de")
    assert check_texts({"a.b": " zwei\nZeilen "}) == {"a.b": "zwei\nZeilen"}
    with pytest.raises(Invalid) as refused:
        check_contact(name="", email="anna", phone="x")
    assert [(fault.pointer, fault.key) for fault in refused.value.faults] == [
        ("/name", "required"),
        ("/email", "email"),
        ("/phone", "phone"),
    ]
