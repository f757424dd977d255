"""Booking by the API, and what the holder may do: the happy path, the refusal, the stranger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.extensions import db
from booking.models import Appointment as Row
from tests.builders import MONDAY
from tests.web.api.conftest import BOOKING, TOWN, Caller

pytestmark = pytest.mark.both_engines


def rows(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Row)) or 0


def test_a_booking_is_pending_and_tells_what_to_bring(api: Caller) -> None:
    booked = api.book()
    assert (booked.status_code, booked.headers["Cache-Control"]) == (201, "no-store")
    told = booked.json
    assert told | {"reference": "", "holder": ""} == {
        "reference": "",
        "holder": "",
        "status": "pending",
        "confirm_by": "2026-11-24T07:00:00+01:00",
        "office": "buergerbuero",
        "start": "2026-11-24T09:00:00+01:00",
        "end": "2026-11-24T09:15:00+01:00",
        "concerns": [{"id": "personalausweis", "name": "Personalausweis", "quantity": 1, "minutes": 15}],
        "documents": [
            {
                "id": "ausweis",
                "kind": "document",
                "name": "Ausweis",
                "required": True,
                "count": 1,
                "per_unit": False,
                "when": [],
                "notes": [],
            }
        ],
    }
    assert len(told["reference"]) == 7
    assert len(told["holder"]) == 26


def test_texts_come_in_the_language_that_is_asked_for(api: Caller) -> None:
    booked = api.client.post(f"{TOWN}/appointments?lang=en", json=BOOKING)
    assert booked.json["concerns"][0]["name"] == "personalausweis (en)"
    assert api.mailed(booked).language == "en"


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        pytest.param("en", "en", id="one that the town writes"),
        pytest.param("en-GB", "en", id="a variety of one that it writes"),
        pytest.param("uk", "de", id="one that it does not write: its first"),
    ],
)
def test_letters_are_written_in_a_language_of_the_town(api: Caller, asked: str, written: str) -> None:
    assert api.mailed(api.book(language=asked)).language == written


def test_a_taken_start_is_refused_with_the_nearest_free_ones(api: Caller) -> None:
    api.book()
    refused = api.book(email="berta@example.org")
    assert (refused.status_code, refused.mimetype) == (409, "application/problem+json")
    assert refused.json["code"] == "start-taken"
    times = ["08:30", "08:45", "09:15", "09:30", "09:45"]
    assert refused.json["alternatives"] == [f"2026-11-24T{time}:00+01:00" for time in times]


def test_a_repetition_with_its_key_books_once_and_answers_with_the_present_state(api: Caller) -> None:
    first = api.book(key="k1")
    api.post("/appointment/confirm", **api.with_link(first))
    again = api.book(key="k1")
    assert again.status_code == 201
    assert again.json == first.json | {"status": "confirmed", "confirm_by": None}
    assert rows(api.app) == 1


def test_a_repetition_is_answered_even_if_its_start_has_passed_meanwhile(
    api: Caller, at: Callable[[datetime], None]
) -> None:
    first = api.book(key="k1")
    at(MONDAY + timedelta(hours=23))
    again = api.book(key="k1")
    assert (again.status_code, again.json["reference"]) == (201, first.json["reference"])


def test_a_key_with_another_body_is_refused(api: Caller) -> None:
    api.book(key="k1")
    refused = api.book(key="k1", name="Berta")
    assert (refused.status_code, refused.json["code"]) == (422, "key-reused")


def test_without_a_key_two_bookings_are_two(api: Caller) -> None:
    api.book()
    assert api.book(start="2026-11-24T10:00:00+01:00").status_code == 201
    assert rows(api.app) == 2


def test_twins_at_the_same_instant_get_the_same_appointment(api: Caller) -> None:
    def book(_: int) -> tuple[int, str]:
        twin = api.app.test_client().post(f"{TOWN}/appointments", json=BOOKING, headers={"Idempotency-Key": "twin"})
        return twin.status_code, twin.json["reference"]

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(book, range(6)))
    assert [status for status, _ in answers] == [201]
    assert rows(api.app) == 1


def test_the_code_confirms(api: Caller) -> None:
    booked = api.book()
    sent = {"holder": booked.json["holder"], "code": api.mailed(booked).code}
    typed = f"{booked.json['reference'][:3].lower()}-{booked.json['reference'][3:]}"
    confirmed = api.post(f"/appointments/{typed}/confirm", sent)
    assert (confirmed.status_code, confirmed.json["status"]) == (200, "confirmed")


def test_after_five_wrong_codes_the_right_one_is_locked_too(api: Caller) -> None:
    booked = api.book()
    path, code = f"/appointments/{booked.json['reference']}/confirm", api.mailed(booked).code
    wrong = {"holder": booked.json["holder"], "code": f"{(int(code) + 1) % 10**6:06d}"}
    answers = [api.post(path, wrong) for _ in range(5)]
    assert {(answer.status_code, answer.json["code"]) for answer in answers[:4]} == {(422, "wrong-code")}
    assert answers[0].json["errors"][0]["pointer"] == "/code"
    locked = api.post(path, wrong | {"code": code})
    assert (locked.status_code, locked.json["code"]) == (429, "code-locked")


def test_the_letter_is_sent_again_but_not_without_end(api: Caller) -> None:
    booked = api.book()
    path, holder = f"/appointments/{booked.json['reference']}/resend", {"holder": booked.json["holder"]}
    answers = [api.post(path, holder) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "3600"


def test_a_corrected_address_gets_a_link_and_the_wrong_one_keeps_none(api: Caller) -> None:
    booked = api.book()
    old = api.with_link(booked)
    sent = {"holder": booked.json["holder"], "email": "anna@example.com"}
    assert api.post(f"/appointments/{booked.json['reference']}/email", sent).status_code == 200
    revoked = api.post("/appointment/confirm", **old)
    assert (revoked.status_code, revoked.json["code"]) == (410, "link-revoked")
    assert api.post("/appointment/confirm", **api.with_link(booked)).status_code == 200


def test_what_is_confirmed_cannot_be_sent_again(api: Caller) -> None:
    booked = api.book()
    api.post("/appointment/confirm", **api.with_link(booked))
    refused = api.post(f"/appointments/{booked.json['reference']}/resend", {"holder": booked.json["holder"]})
    assert (refused.status_code, refused.json["code"], refused.json["state"]) == (409, "not-possible-now", "confirmed")


@pytest.mark.parametrize("verb", ["confirm", "resend", "email"])
def test_a_holder_opens_its_own_appointment_only(api: Caller, verb: str) -> None:
    mine, other = api.book(), api.book(start="2026-11-24T10:00:00+01:00", email="berta@example.org")
    more = {"confirm": {"code": api.mailed(other).code}, "email": {"email": "c@example.org"}, "resend": {}}
    sent = {"holder": mine.json["holder"]} | more[verb]
    refused = api.post(f"/appointments/{other.json['reference']}/{verb}", sent)
    unknown = api.post(f"/appointments/2222222/{verb}", sent)
    assert (refused.status_code, refused.json) == (404, unknown.json)
    assert api.mailed(other).status == "pending"


def test_no_answer_carries_what_the_mail_carries(api: Caller) -> None:
    booked = api.book()
    holder, path = {"holder": booked.json["holder"]}, f"/appointments/{booked.json['reference']}"
    letters = [api.mailed(booked)]
    answers = [booked, api.post(f"{path}/resend", holder)]
    answers.append(api.post(f"{path}/email", holder | {"email": "anna@example.com"}))
    letters.append(api.mailed(booked))
    answers.append(api.post(f"{path}/confirm", holder | {"code": letters[-1].code}))
    link = api.with_link(booked)
    answers += [api.get("/appointment", **link), api.get("/appointment/calendar.ics", **link)]
    answers += [api.post("/appointment/move", {"start": "2026-11-25T09:00:00+01:00"}, **link)]
    answers += [api.post("/appointment/cancel", **link)]
    assert {answer.status_code for answer in answers} == {200, 201}
    for answer in answers:
        told = answer.text + str(answer.headers)
        assert not [letter for letter in letters if letter.token in told or f'"{letter.code}"' in told]
        assert "Anna" not in told or answer.mimetype == "text/calendar"
