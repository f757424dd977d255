"""Managing concerns: the form says what a file would say, loses nothing typed, and the next file does not undo it."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.browse import open_catalogue
from booking.actions.edit_entry import open_entry
from booking.extensions import db
from booking.models import Audit, Concern, Municipality
from booking.web.staff.concern_parts import parts
from booking.web.staff.entry_form import label_of
from tests.builders import a_municipality, an_office
from tests.colleagues import Colleague, a_colleague

TOWN = "/staff/musterstadt/concerns"
PAGE = f"{TOWN}/personalausweis"


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        row = a_municipality()
        an_office(row, "standesamt")
        for concern in row_concerns():
            concern.group = {"de": "Ausweise"}
            concern.keywords = {"de": ["Perso", "Ausweis"]}
            concern.unit = {"de": "Person"}
            concern.fee = {"text": {"de": "37,00 Euro"}, "amount": 37, "currency": "EUR"}
        row.revision += 1
        db.session.commit()
    return app


@pytest.fixture
def mia(town: Flask) -> Colleague:
    return a_colleague(town, "manager", name="mia")


def row_concerns() -> list[Concern]:
    return list(db.session.scalars(sa.select(Concern)))


def filled(page: str) -> dict[str, Any]:
    """Return what a browser would send of the concern's form as it stands."""
    form = page.split('class="wf-form st-entry"')[1].split("</form>", maxsplit=1)[0]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        is_off = 'type="checkbox"' in tag and " checked" not in tag
        if name and not is_off and name[1] != "csrf_token":
            sent[name[1]] = value[1] if value else ""
    sent |= dict(re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)</textarea>', form))
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        sent[name] = chosen[1] if chosen else ""
    return sent


def entry(town: Flask, mia: Colleague, slug: str = "personalausweis") -> dict[str, Any]:
    with town.app_context():
        return open_entry(mia.actor, "concerns", slug)


def audited(town: Flask) -> list[tuple[str, dict[str, Any]]]:
    with town.app_context():
        return [tuple(row) for row in db.session.execute(sa.select(Audit.verb, Audit.details).order_by(Audit.id))]


def test_saving_what_stands_there_changes_nothing(town: Flask, mia: Colleague) -> None:
    before = entry(town, mia)
    answer = mia.post(PAGE, filled(mia.get(PAGE).text))
    assert answer.status_code == 302, answer.text
    assert entry(town, mia) == before
    assert audited(town) == []


def test_every_part_of_a_concern_can_be_said(town: Flask, mia: Colleague) -> None:
    changes = {
        "name": "Personalausweis beantragen",
        "name.en": "Apply for an ID card",
        "keywords": "Perso, Ausweis, Identität",
        "minutes": "20",
        "fee.text": "ab 22,80 Euro",
        "fee.amount": "",
        "fee.amount_from": "22,80 €",
        "window.horizon_days": "14",
        "legal_basis": "§ 9 PAuswG\n§ 7 PAuswV",
        "documents.0.note": "Auch wenn er abgelaufen ist.",
        "questions.0.label": "Wie groß sind Sie?",
        "questions.0.required": "1",
        "forms.0.name": "Antrag",
        "forms.0.url": "https://example.org/antrag.pdf",
        "offices.0.minutes": "25",
        "offices.1.office": "standesamt",
        "offices.1.staff": "1",
        "discreet": "1",
    }
    answer = mia.post(PAGE, {**filled(mia.get(PAGE).text), **changes})
    assert answer.status_code == 302, re.findall(r"kern-error.*", answer.text)
    found = entry(town, mia)
    assert found["name"] == {"de": "Personalausweis beantragen", "en": "Apply for an ID card"}
    assert found["keywords"]["de"] == ["Perso", "Ausweis", "Identität"]
    assert (found["minutes"], found["discreet"], found["window"]) == (20, True, {"horizon_days": 14})
    assert found["fee"] == {"text": {"de": "ab 22,80 Euro"}, "amount_from": 22.8, "currency": "EUR"}
    assert found["legal_basis"] == ["§ 9 PAuswG", "§ 7 PAuswV"]
    assert found["documents"][0]["note"] == {"de": "Auch wenn er abgelaufen ist."}
    assert found["questions"] == [
        {"id": "wie-gross-sind-sie", "label": {"de": "Wie groß sind Sie?"}, "required": True, "max_length": 200}
    ]
    assert found["forms"] == [{"name": {"de": "Antrag"}, "url": "https://example.org/antrag.pdf"}]
    assert [at["office"] for at in found["offices"]] == ["buergerbuero", "standesamt"]
    assert found["offices"][0]["minutes"] == 25
    ((verb, details),) = audited(town)
    assert verb == "edited"
    assert "Identität" not in str(details)
    with town.app_context():
        assert open_catalogue("musterstadt").concern("personalausweis").minutes == 20


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": ""}, "name", "Bitte"),
        ({"name": "", "name.en": "ID"}, "name", "Bitte"),
        ({"minutes": "0"}, "minutes", "1"),
        ({"minutes": "viel"}, "minutes", "Zahl"),
        ({"leika": "123"}, "leika", "99"),
        ({"fee.amount": "viel"}, "fee.amount", "Betrag"),
        ({"fee.amount": "nan"}, "fee.amount", "Betrag"),
        ({"forms.0.name": "Antrag", "forms.0.url": "ohne Schema"}, "forms.0.url", ""),
        ({"documents.1.document": "ausweis", "documents.1.required": "always"}, "documents.1.document", "zweimal"),
        ({"documents.0.required": "conditional", "documents.0.when": ""}, "documents.0.when", "fehlt"),
        ({"documents.1.document": "erfunden", "documents.1.required": "always"}, "documents.1.document", ""),
        ({"offices.0.office": "anderswo"}, "offices.0.office", ""),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    town: Flask, mia: Colleague, changes: dict[str, str], field: str, sentence: str
) -> None:
    before = entry(town, mia)
    answer = mia.post(PAGE, {**filled(mia.get(PAGE).text), "description": "Neu getippt", **changes})
    assert answer.status_code == 422
    assert "Neu getippt" in answer.text
    beside = answer.text.split(f'id="{field}-error"')
    assert len(beside) == 2, field
    assert sentence in beside[1].split("</p>")[0]
    assert entry(town, mia) == before


def test_a_row_is_taken_out_and_the_others_change_their_order(town: Flask, mia: Colleague) -> None:
    for name in ("Passfoto", "Geburtsurkunde"):
        mia.post("/staff/musterstadt/documents", {"item": name, "kind": "document", "concern": "personalausweis"})
    form = filled(mia.get(PAGE).text)
    form |= {"documents.1.document": "passfoto", "documents.1.required": "always"}
    form |= {"documents.2.document": "geburtsurkunde", "documents.2.required": "always"}
    places = {"documents.0.at": "2", "documents.1.at": "3", "documents.2.at": "1"}
    assert mia.post(PAGE, {**form, **places}).status_code == 302
    listed = [item["document"] for item in entry(town, mia)["documents"]]
    assert listed == ["geburtsurkunde", "ausweis", "passfoto"]
    form = filled(mia.get(PAGE).text)
    assert mia.post(PAGE, {**form, "documents.0.out": "1"}).status_code == 302
    assert "geburtsurkunde" not in [item["document"] for item in entry(town, mia)["documents"]]


def test_a_new_concern_is_offered_only_when_somebody_says_so(town: Flask, mia: Colleague) -> None:
    form = {"name": "Führungszeugnis", "group": "Zeugnisse", "minutes": "10", "office": "buergerbuero"}
    answer = mia.post(TOWN, form)
    assert answer.location == f"{TOWN}/fuehrungszeugnis?done=added"
    assert "Führungszeugnis" in mia.get(TOWN).text
    with town.app_context():
        offered = {concern.slug for concern in open_catalogue("musterstadt").open_concerns}
        assert "fuehrungszeugnis" not in offered
    page = filled(mia.get(f"{TOWN}/fuehrungszeugnis").text)
    assert mia.post(f"{TOWN}/fuehrungszeugnis", {**page, "active": "1"}).status_code == 302
    with town.app_context():
        assert open_catalogue("musterstadt").concern("fuehrungszeugnis").minutes == 10
    assert mia.post(TOWN, {**form, "name": ""}).status_code == 422


def test_plural_forms_that_no_field_shows_are_kept(town: Flask, mia: Colleague) -> None:
    with town.app_context():
        forms = {"de": "Personen", "en": {"other": "people"}}
        db.session.execute(sa.update(Concern).values(units=forms))
        db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()
    mia.post(PAGE, {**filled(mia.get(PAGE).text), "minutes": "30"})
    assert entry(town, mia)["units"] == forms


@pytest.mark.parametrize(
    ("role", "membership", "status"),
    [
        ("manager", {}, 200),
        ("admin", {}, 200),
        ("manager", {"office": "buergerbuero"}, 403),  # a concern belongs to the whole municipality
        ("desk", {}, 403),
        ("phone", {}, 403),
    ],
)
def test_who_manages_concerns(town: Flask, role: str, membership: dict[str, Any], status: int) -> None:
    by = a_colleague(town, role, **membership)
    assert by.get(TOWN).status_code == status
    assert by.get(PAGE).status_code == status
    assert by.post(PAGE, {"name": "X"}).status_code == (422 if status == 200 else status)


def test_another_town_s_manager_sees_nothing_of_it(town: Flask) -> None:
    with town.app_context():
        a_municipality("anderswo")
    assert a_colleague(town, "admin", town="anderswo").get(PAGE).status_code == 404


def test_an_unknown_concern_is_no_page(mia: Colleague) -> None:
    assert mia.get(f"{TOWN}/erfunden").status_code == 404


def test_the_summary_of_faults_names_each_field_and_leads_to_it(mia: Colleague) -> None:
    sent = filled(mia.get(PAGE).text) | {"name": "", "minutes": ""}
    sent["forms.0.url"] = "https://example.org/antrag.pdf"
    page = mia.post(PAGE, sent).text
    for name, said in (("name", "Name"), ("forms.0.name", "Formular 1, Name")):
        assert f'<a class="kern-link" href="#{name}">{said}: ' in page
        assert f'id="{name}"' in page
    fold = page.split('name="forms.0.name"')[0].rpartition('<details class="st-fold"')[2]
    assert fold.startswith(" open"), "what is wrong is not hidden"
    assert page.count('<details class="st-more" open') == 0, "no translation is wrong"


def test_every_section_of_the_form_is_one_link_away(mia: Colleague) -> None:
    page = mia.get(PAGE).text
    links = re.findall(r'href="#([^"]*)"', page.split('aria-label="Abschnitte"')[1].split("</nav>")[0])
    assert len(links) == 10
    assert all(f'id="{link}"' in page for link in links)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("documents.2.when.en", "Unterlage 3, nur, wenn … (English)"),
        ("fee.amount", "Betrag in Euro"),
        ("offices", "Wo es das gibt"),
        ("elsewhere", ""),
    ],
)
def test_a_field_is_called_by_its_row_and_language(name: str, said: str) -> None:
    assert label_of(parts((), ()), name) == said
