"""The citizen's link, calendar file and API while the counter marks: whatever is pressed there, they are answered."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking import clock
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.extend import extend
from booking.actions.find_appointment import find_by_token
from booking.actions.lost_link import answer_link_requests
from booking.actions.marks import mark, undo_mark
from booking.actions.move import move
from booking.actions.remind import remind
from booking.errors import NotPossibleNow
from booking.extensions import db
from booking.models import Letter
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from tests.builders import NINE, an_appointment
from tests.counter import MINUTE, a_counter, booked, entry_of

LATER = NINE + 5 * MINUTE


@pytest.fixture
def desk(app: Flask) -> Actor:
    with app.app_context():
        return a_counter()


@pytest.fixture
def found(app: Flask, desk: Actor) -> Appointment:
    with app.app_context():
        return an_appointment()


def arrive(found: Appointment, desk: Actor) -> None:
    mark(found.reference, Verb.CHECK_IN, by=desk, now=NINE)


def be_served(found: Appointment, desk: Actor) -> None:
    mark(found.reference, Verb.CALL, by=desk, now=NINE)
    extend(found.reference, 10, by=desk, now=NINE)
    mark(found.reference, Verb.SERVE, by=desk, now=NINE)


def finish(found: Appointment, desk: Actor) -> None:
    mark(found.reference, Verb.FINISH, by=desk, now=NINE)


def miss(found: Appointment, desk: Actor) -> None:
    mark(found.reference, Verb.MISS, by=desk, now=NINE)


def lose_the_time(found: Appointment, desk: Actor) -> None:
    """Come too late: two others have the time at both clerks, so this one waits."""
    mark(found.reference, Verb.MISS, by=desk, now=NINE)
    for number in (1, 2):
        booked(NINE, number)
    way = entry_of(found.reference).undo
    assert way is not None
    undo_mark(found.reference, way.step, by=desk, now=NINE)
    assert entry_of(found.reference).start is None


EVENTS = [arrive, be_served, finish, miss, lose_the_time]


@pytest.mark.parametrize("happens", EVENTS)
@pytest.mark.parametrize("now", [NINE - 30 * MINUTE, LATER])
def test_the_link_opens_whatever_the_counter_has_marked(
    app: Flask, desk: Actor, found: Appointment, happens: Callable[[Appointment, Actor], None],
    monkeypatch: pytest.MonkeyPatch, now: datetime,
) -> None:  # fmt: skip
    with app.app_context():
        happens(found, desk)
    monkeypatch.setattr(clock, "now", lambda: now)
    client: FlaskClient = app.test_client()
    page = client.get(f"/t/{found.token}")
    assert page.status_code == 200
    assert "9:00" in page.text
    entry = client.get(f"/t/{found.token}/calendar.ics")
    assert "DTSTART;TZID=Europe/Berlin:20261124T090000" in entry.text
    answer = client.get("/api/v1/appointment", headers={"Authorization": f"Bearer {found.token}"})
    assert (answer.status_code, answer.get_json()["start"]) == (200, "2026-11-24T09:00:00+01:00")
    for path in ("cancel", "move"):
        assert client.post(f"/t/{found.token}/{path}", data={"start": NINE.isoformat()}).status_code in {303, 409, 422}


@pytest.mark.parametrize("happens", EVENTS)
def test_what_has_begun_is_neither_moved_nor_cancelled_nor_reminded_of(
    app: Flask, desk: Actor, found: Appointment, happens: Callable[[Appointment, Actor], None]
) -> None:
    with app.app_context():
        happens(found, desk)
        letters = db.session.query(Letter).count()
        for again in (
            lambda: cancel(found.token, now=LATER),
            lambda: move(found.token, NINE + timedelta(hours=1), now=LATER),
        ):
            with pytest.raises(NotPossibleNow):
                again()
        remind(now=NINE - timedelta(hours=20))
        answer_link_requests(now=LATER)
        assert db.session.query(Letter).count() == letters


def test_whoever_waits_without_a_time_is_shown_the_agreed_one(app: Flask, desk: Actor, found: Appointment) -> None:
    with app.app_context():
        lose_the_time(found, desk)
        seen = find_by_token(found.token)
        assert (seen.status, seen.start, seen.end) == (Status.CHECKED_IN, NINE, NINE + 15 * MINUTE)
        assert confirm(found.token, now=LATER).status is Status.CHECKED_IN
