"""What bad input gets (issue 2): every sentence of that page, and every way around it that we could think of."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.extensions import db
from booking.models import Appointment, Replay
from tests.web.api.conftest import BOOKING, TOWN, Caller

pytestmark = pytest.mark.both_engines

LONG = "2026-11-24T09:00:00+01:00"

FIELDS = [
    pytest.param({"name": "😀" * 200}, "/name", "too-long", id="a name of 200 emoji"),
    pytest.param({"name": "😀😀"}, "/name", "no-letter", id="a name of two emoji: nobody can be called so"),
    pytest.param({"name": "A" * 121}, "/name", "too-long", id="a name too long for a list"),
    pytest.param({"name": "  \t "}, "/name", "required", id="a name of spaces"),
    pytest.param({"name": "Anna\x00"}, "/name", "control-character", id="NUL: PostgreSQL takes none"),
    pytest.param({"name": "Anna\nBcc: x@y.org"}, "/name", "control-character", id="a line break: mail headers"),
    pytest.param({"name": "Anna\u202etxet"}, "/name", "control-character", id="a bidi override turns the desk's list"),
    pytest.param({"name": "An\u200bna"}, "/name", "control-character", id="zero width: two names that look alike"),
    pytest.param({"name": "\u200dAnna"}, "/name", "control-character", id="a joiner that joins nothing"),
    pytest.param({"name": "Anna\ud800"}, "/name", "control-character", id="half a surrogate: no UTF-8"),
    pytest.param({"name": None}, "/name", "text", id="null"),
    pytest.param({"name": ["Anna"]}, "/name", "text", id="a list for a text"),
    pytest.param({"email": "anna"}, "/email", "email", id="no address"),
    pytest.param({"email": "anna@example"}, "/email", "email", id="no top-level domain"),
    pytest.param({"email": "anna@example.org, b@example.org"}, "/email", "email", id="two addresses"),
    pytest.param({"email": "jörg@example.org"}, "/email", "email", id="relays without SMTPUTF8 lose it"),
    pytest.param({"email": f"anna@{'a.' * 125}org"}, "/email", "too-long", id="an address beyond RFC 5321"),
    pytest.param({"email": "anna@example.org\r\nBcc: x@y.org"}, "/email", "control-character", id="mail headers"),
    pytest.param({"phone": "call me"}, "/phone", "phone", id="no digits"),
    pytest.param({"phone": "0" * 41}, "/phone", "too-long", id="longer than any number"),
    pytest.param({"phone": "١٢٣٤٥"}, "/phone", "phone", id="digits that the desk cannot dial"),
    pytest.param({"language": "d_e"}, "/language", "language", id="no language tag"),
    pytest.param({"start": "0000-01-01T00:00:00Z"}, "/start", "year", id="the year 0"),
    pytest.param({"start": "1999-12-31T09:00:00Z"}, "/start", "year", id="before the years that we know"),
    pytest.param({"start": "2101-01-01T09:00:00Z"}, "/start", "year", id="after the years that we know"),
    pytest.param({"start": "2026-11-24T09:00:00"}, "/start", "no-offset", id="a naive time"),
    pytest.param({"start": "2026-11-24"}, "/start", "date-time", id="a day"),
    pytest.param({"start": "2026-02-30T09:00:00Z"}, "/start", "date-time", id="a day that does not exist"),
    pytest.param({"start": "2026-11-24T09:00:00+99:99"}, "/start", "date-time", id="an offset that does not exist"),
    pytest.param({"start": "tomorrow"}, "/start", "date-time", id="words"),
    pytest.param({"start": 1764000000}, "/start", "text", id="a number"),
    pytest.param({"start": "2026-11-24T09:01:00+01:00"}, "/start", "off-grid", id="between two steps"),
    pytest.param({"start": "2026-11-24T09:00:00.5+01:00"}, "/start", "off-grid", id="half a second late"),
    pytest.param({"start": "2026-11-20T09:00:00+01:00"}, "/start", "past", id="last week"),
    pytest.param({"start": "2026-11-23T07:05:00+01:00"}, "/start", "outside-window", id="within the lead time"),
    pytest.param({"start": "2027-01-25T09:00:00+01:00"}, "/start", "outside-window", id="after the last open day"),
    pytest.param({"concerns": []}, "/concerns", "required", id="no concern"),
    pytest.param({"concerns": None}, "/concerns", "required", id="null concerns"),
    pytest.param({"concerns": "personalausweis"}, "/concerns", "list", id="a text for a list"),
    pytest.param({"concerns": ["personalausweis"]}, "/concerns/0", "object", id="a text for an object"),
    pytest.param({"concerns": [{"id": "a"}] * 21}, "/concerns", "too-many", id="more than anybody comes for"),
    pytest.param({"concerns": [{"id": "personalausweis"}] * 2}, "/concerns/1/id", "twice", id="the same concern twice"),
    pytest.param({"answers": {"shoe.size": "44"}}, "/answers/shoe.size", "unknown-question", id="nobody asked"),
    pytest.param({"answers": {"a": 5}}, "/answers/a", "text", id="an answer that is no text"),
    pytest.param({"answers": {"a": "b\x00"}}, "/answers/a", "control-character", id="NUL in an answer"),
    pytest.param({"answers": []}, "/answers", "object", id="a list for an object"),
    pytest.param({"nmae": "Anna"}, "/nmae", "unknown-field", id="a mistyped field"),
    pytest.param({"a/b~c": 1}, "/a~1b~0c", "unknown-field", id="a pointer escapes (RFC 6901)"),
    *[
        pytest.param(
            {"concerns": [{"id": "personalausweis", "quantity": quantity}]}, "/concerns/0/quantity", key, id=reason
        )
        for quantity, key, reason in (
            (0, "quantity", "quantity 0"),
            (99, "quantity", "quantity 99"),
            (-1, "quantity", "a negative quantity"),
            (10**30, "quantity", "a quantity beyond any integer column"),
            ("2", "number", "a text for a number"),
            (1.5, "number", "one and a half persons"),
            (True, "number", "a boolean is no number"),
            (None, "number", "null persons"),
        )
    ],
]


@pytest.mark.parametrize(("wrong", "pointer", "key"), FIELDS)
def test_a_field_that_cannot_be_accepted_is_named(api: Caller, wrong: dict[str, Any], pointer: str, key: str) -> None:
    refused = api.book(**wrong)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [(pointer, key)]
    assert all(len(fault["detail"]) > len(fault["code"]) for fault in refused.json["errors"])
    assert nothing_is_left(api.app)


def test_every_faulty_field_is_named_at_once(api: Caller) -> None:
    refused = api.post("/municipalities/musterstadt/appointments", {"name": "😀", "colour": "red"})
    named = {(fault["pointer"], fault["code"]) for fault in refused.json["errors"]}
    missing = {(f"/{name}", "required") for name in ("email", "office", "start", "concerns")}
    assert named == missing | {("/name", "no-letter"), ("/colour", "unknown-field")}


BODIES = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"name=Anna", id="a form"),
    pytest.param(b"{", id="half an object"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"Anna"', id="a text"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"name": NaN}', id="NaN is JavaScript"),
    pytest.param(b'{"name": "Anna", "name": "Berta"}', id="a field twice: readers disagree"),
    pytest.param(b'{"name": "\xff"}', id="not UTF-8"),
    pytest.param(b'{"quantity": ' + b"9" * 5000 + b"}", id="a number of thousands of digits"),
    pytest.param('{"name": "Anna"}'.encode("utf-16"), id="another encoding"),
]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_json_object_is_malformed(api: Caller, body: bytes) -> None:
    refused = api.client.post(f"{TOWN}/appointments", data=body, content_type="application/json")
    assert (refused.status_code, refused.json["code"]) == (400, "malformed")


def test_what_nests_as_deep_as_a_body_is_long_is_refused(api: Caller) -> None:
    body = b'{"concerns": ' + b"[" * 7000 + b"]" * 7000 + b"}"
    refused = api.client.post(f"{TOWN}/appointments", data=body, content_type="application/json")
    # How deep the reader of JSON goes differs from one build of Python to the next; some read all of it.
    assert (refused.status_code, refused.json["code"]) in {(400, "malformed"), (422, "validation")}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_has_to_say_that_it_is_json(api: Caller, kind: str) -> None:
    refused = api.client.post(f"{TOWN}/appointments", data=b'{"name": "Anna"}', content_type=kind)
    assert (refused.status_code, refused.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("size", [16_385, 1_000_000])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_larger_than_any_booking_is_not_read(api: Caller, kind: str, size: int) -> None:
    refused = api.client.post(f"{TOWN}/appointments", data=b"x" * size, content_type=kind)
    assert (refused.status_code, refused.json["code"]) == (413, "too-large")


def test_a_body_of_unannounced_length_is_limited_too(api: Caller) -> None:
    chunked = {
        "wsgi.input": io.BytesIO(b"x" * 20_000),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    path = f"{TOWN}/appointments"
    refused = api.client.post(path, content_type="application/json", environ_overrides=chunked)
    assert (refused.status_code, refused.json["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="an empty key"),
        pytest.param("k" * 256, id="longer than its column"),
        pytest.param("schlüssel", id="not ASCII"),
        pytest.param("a\tb", id="not printable"),
    ],
)
def test_an_idempotency_key_is_printable_and_short(api: Caller, key: str) -> None:
    refused = api.client.post(f"{TOWN}/appointments", json=BOOKING, headers={"Idempotency-Key": key})
    assert refused.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [("/Idempotency-Key", "key")]


UNKNOWN = [
    pytest.param("GET", "/municipalities/atlantis/offices", None, id="a municipality's offices"),
    pytest.param("GET", "/municipalities/atlantis/concerns", None, id="a municipality's concerns"),
    pytest.param("GET", "/municipalities/atlantis/referrals", None, id="a municipality's referrals"),
    pytest.param("GET", "/municipalities/atlantis/availability?concern=personalausweis", None, id="its free times"),
    pytest.param("GET", "/municipalities/a%00b/offices", None, id="a NUL in the path: PostgreSQL takes none"),
    pytest.param("GET", "/municipalities/musterstadt/availability?concern=dog", None, id="a concern"),
    pytest.param("GET", "/municipalities/musterstadt/availability?concern=%00", None, id="a NUL for a concern"),
    pytest.param(
        "GET", "/municipalities/musterstadt/availability?concern=personalausweis&office=x", None, id="an office"
    ),
    pytest.param("POST", "/municipalities/atlantis/appointments", BOOKING, id="booking in no municipality"),
    pytest.param("POST", "/municipalities/musterstadt/appointments", BOOKING | {"office": "x"}, id="in no office"),
    pytest.param(
        "POST", "/municipalities/musterstadt/appointments", BOOKING | {"concerns": [{"id": "dog"}]}, id="for nothing"
    ),
    pytest.param("POST", "/appointments/2222222/resend", {"holder": "x"}, id="a reference"),
    pytest.param("POST", "/appointments/%00/resend", {"holder": "x"}, id="no reference at all"),
    pytest.param("GET", "/nowhere", None, id="an address below /api"),
]


@pytest.mark.parametrize(("method", "path", "body"), UNKNOWN)
def test_what_is_unknown_is_not_found_and_says_so(api: Caller, method: str, path: str, body: object) -> None:
    refused = api.get(path) if method == "GET" else api.post(path, body)
    assert (refused.status_code, refused.json["code"]) == (404, "not-found")
    assert refused.json["detail"].endswith(".")


@pytest.mark.parametrize(
    ("query", "pointer", "key"),
    [
        pytest.param("", "/concern", "required", id="no concern"),
        pytest.param("concern=personalausweis:0", "/concern/0", "quantity", id="quantity 0"),
        pytest.param("concern=personalausweis:99", "/concern/0", "quantity", id="quantity 99"),
        pytest.param("concern=personalausweis:two", "/concern/0", "number", id="a quantity in words"),
        pytest.param("concern=personalausweis:-1", "/concern/0", "number", id="a negative quantity"),
        pytest.param("concern=personalausweis:", "/concern/0", "number", id="a colon and nothing"),
        pytest.param("concern=personalausweis&concern=personalausweis", "/concern/1", "twice", id="twice"),
        pytest.param("&".join(["concern=a"] * 21), "/concern", "too-many", id="more than anybody comes for"),
        pytest.param("concern=personalausweis&from=0000-01-01", "/from", "year", id="the year 0"),
        pytest.param("concern=personalausweis&to=2026-02-30", "/to", "date", id="a day that does not exist"),
        pytest.param("concern=personalausweis&from=24.11.2026", "/from", "date", id="a day as Germans write it"),
        pytest.param("concern=personalausweis&from=2026-11-25&to=2026-11-24", "/to", "order", id="backwards"),
        pytest.param("concern=personalausweis&view=all", "/view", "view", id="a view that is none"),
        pytest.param("concern=personalausweis&form=2026-11-24", "/form", "unknown-field", id="a mistyped name"),
        pytest.param("concern=personalausweis&office=a&office=b", "/office", "too-many", id="two offices"),
    ],
)
def test_a_query_that_cannot_be_understood_names_its_parameter(api: Caller, query: str, pointer: str, key: str) -> None:
    refused = api.get(f"/municipalities/musterstadt/availability?{query}")
    assert refused.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [(pointer, key)]


@pytest.mark.parametrize(
    ("verb", "sent", "pointer", "key"),
    [
        pytest.param("confirm", {"code": "12345"}, "/code", "code", id="five digits"),
        pytest.param("confirm", {"code": "１２３４５６"}, "/code", "code", id="digits of another script"),
        pytest.param("confirm", {}, "/code", "required", id="no code"),
        pytest.param("email", {"email": "anna"}, "/email", "email", id="no address"),
        pytest.param("resend", {"holder": "\ud800"}, "/holder", "control-character", id="half a surrogate"),
        pytest.param("resend", {"holder": "x" * 65}, "/holder", "too-long", id="longer than any holder"),
        pytest.param("resend", {"why": "?"}, "/why", "unknown-field", id="a field too many"),
    ],
)
def test_what_a_holder_sends_is_checked_too(
    api: Caller, verb: str, sent: dict[str, str], pointer: str, key: str
) -> None:
    booked = api.book()
    refused = api.post(f"/appointments/{booked.json['reference']}/{verb}", {"holder": booked.json["holder"]} | sent)
    assert refused.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [(pointer, key)]


@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        pytest.param("confirm", {"start": LONG}, 422, "validation", id="confirming takes nothing"),
        pytest.param("cancel", [], 400, "malformed", id="cancelling takes no list"),
        pytest.param("move", {}, 422, "validation", id="moving nowhere"),
        pytest.param("move", {"start": "2026-11-24T09:01:00+01:00"}, 422, "validation", id="moving off the grid"),
        pytest.param("move", {"start": "2026-11-20T09:00:00+01:00"}, 422, "validation", id="moving into the past"),
        pytest.param("move", {"start": "2027-11-24T09:00:00+01:00"}, 422, "outside-window", id="moving to next year"),
        pytest.param("move", {"start": LONG, "office": "x"}, 404, "not-found", id="moving to no office"),
    ],
)
def test_what_the_link_s_holder_sends_is_checked_too(
    api: Caller, verb: str, body: object, status: int, code: str
) -> None:
    refused = api.post(f"/appointment/{verb}", body, **api.with_link(api.book()))
    assert (refused.status_code, refused.json["code"]) == (status, code)


@pytest.mark.parametrize(
    "fine",
    [
        pytest.param({"name": "علی‌رضا"}, id="a joiner inside a Persian name"),
        pytest.param({"name": "  Zoë   Müller-Łukasz "}, id="diacritics and stray spaces"),
        pytest.param({"name": "O’Brien 3rd"}, id="an apostrophe and a digit"),
        pytest.param({"name": "李"}, id="one character is a name"),
        pytest.param({"email": "anna@müller.de"}, id="an international domain"),
        pytest.param({"email": "anna+amt@example.org"}, id="a tagged address"),
        pytest.param({"phone": "+49 (0) 5071/809-99"}, id="a number as people write it"),
        pytest.param({"start": "2026-11-24T08:00:00Z"}, id="the same start in UTC"),
        pytest.param({"start": "2026-11-24t17:00:00.000+09:00"}, id="the same start as seen from Tokyo"),
        pytest.param({"concerns": [{"id": "personalausweis"}]}, id="a quantity left out is one"),
    ],
)
def test_what_is_unusual_but_right_is_accepted(api: Caller, fine: dict[str, Any]) -> None:
    assert api.book(**fine).status_code == 201


def nothing_is_left(app: Flask) -> bool:
    with app.app_context():
        return not any(db.session.scalar(select(func.count()).select_from(table)) for table in (Appointment, Replay))
