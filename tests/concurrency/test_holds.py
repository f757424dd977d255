"""Holds of staff against everybody else at the same instant: one gets the time, and nothing is left lying about."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.expire_pendings import expire_pendings
from booking.actions.hold_time import free_hold, hold_time
from booking.extensions import db
from booking.models import Appointment, Cell, Hold
from booking.rules.appointments import Order
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_municipality, an_order
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

SOON = MONDAY + timedelta(minutes=1)
LAPSED = MONDAY + timedelta(minutes=4)
ROUNDS = range(4)


@pytest.fixture
def clerks(app: Flask) -> Iterator[list[Actor]]:
    with app.app_context():
        a_municipality(policy={"max_open_per_network": 1000, "max_open_per_contact": 1000, "proof_above": 1000})
        logins = [a_login(f"petra-{number}", "phone") for number in range(5)]
    yield logins
    with app.app_context():
        assert_owned_exactly(SOON)


def a_call(**fields: Any) -> Order:
    return an_order(**{"channel": "phone", "network": "", "email": "", "phone": "05071 1234567", **fields})


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def enter(by: Actor, now: Any = SOON, **fields: Any) -> Any:
    return book_by_staff(a_call(**fields), by=by, insisting=Insisting(), now=now)


def test_of_five_clerks_one_holds_the_time(app: Flask, clerks: list[Actor]) -> None:
    outcomes = race(app, *(partial(hold_time, a_call(), by=by, now=MONDAY) for by in clerks))
    assert kinds(outcomes) == {"HeldTime": 1, "StartTaken": 4}
    assert count(app, Hold) == count(app, Appointment) == 1


def test_a_clerk_and_a_citizen_do_not_get_the_same_time(app: Flask, clerks: list[Actor]) -> None:
    for at in ROUNDS:
        start = NINE + timedelta(minutes=30 * at)
        hold = partial(hold_time, a_call(start=start), by=clerks[at], now=MONDAY)
        outcomes = race(app, hold, partial(book, an_order(start=start, email=f"a{at}@example.org"), now=MONDAY))
        assert kinds(outcomes)["StartTaken"] == 1


def test_a_hold_that_lapses_while_it_is_booked_goes_to_exactly_one(app: Flask, clerks: list[Actor]) -> None:
    for at in ROUNDS:
        start = NINE + timedelta(minutes=30 * at)
        with app.app_context():
            hold_time(a_call(start=start), by=clerks[at], now=MONDAY)
        outcomes = race(
            app,
            partial(enter, clerks[at], LAPSED, start=start, name=f"Anna {at}", phone=f"05071 100000{at}"),
            partial(book, an_order(start=start, email=f"a{at}@example.org"), now=LAPSED),
            partial(expire_pendings, now=LAPSED),
        )
        assert kinds(outcomes[:2]) == {"Appointment": 1, "StartTaken": 1}
    assert count(app, Hold) == 0


def test_one_login_in_two_windows_holds_one_time(app: Flask, clerks: list[Actor]) -> None:
    for _ in ROUNDS:
        starts = [NINE + timedelta(minutes=30 * at) for at in range(4)]
        outcomes = race(app, *(partial(hold_time, a_call(start=at), by=clerks[0], now=MONDAY) for at in starts))
        assert kinds(outcomes) == {"HeldTime": 4}
        assert count(app, Hold) == count(app, Appointment) == 1


def test_no_window_of_a_login_is_sent_away_however_many_there_are(app: Flask, clerks: list[Actor]) -> None:
    """Each finds that another one has moved the hold meanwhile: no reason to begin anew, let alone to give up."""
    starts = [NINE + timedelta(minutes=15 * at) for at in range(12)]
    outcomes = race(app, *(partial(hold_time, a_call(start=at), by=clerks[0], now=MONDAY) for at in starts))
    assert kinds(outcomes) == {"HeldTime": 12}
    assert count(app, Hold) == count(app, Appointment) == 1


def test_enter_pressed_twice_enters_one_appointment(app: Flask, clerks: list[Actor]) -> None:
    with app.app_context():
        hold_time(a_call(), by=clerks[0], now=MONDAY)
    outcomes = race(app, *(partial(enter, clerks[0], key="enter") for _ in range(4)))
    assert len({booked.reference for booked in outcomes}) == 1
    assert count(app, Appointment) == 1


def test_freeing_and_booking_at_once_leaves_a_booking_or_a_booking(app: Flask, clerks: list[Actor]) -> None:
    """Whoever pressed Enter meant it: freed first, the time is taken anew; booked first, there is nothing to free."""
    for at in ROUNDS:
        start = NINE + timedelta(minutes=30 * at)
        with app.app_context():
            hold_time(a_call(start=start), by=clerks[at], now=MONDAY)
        call = {"start": start, "name": f"Anna {at}", "phone": f"05071 100000{at}"}
        race(app, partial(enter, clerks[at], **call), partial(free_hold, clerks[at].login))
        assert count(app, Appointment) == at + 1
        assert count(app, Cell) == 3 * (at + 1)


def test_what_is_booked_in_one_window_is_not_freed_by_the_other(app: Flask, clerks: list[Actor]) -> None:
    """The second window takes another time while the first one books: what it would free is an appointment by then."""
    for at in range(8):
        start = NINE + timedelta(days=at // 4, minutes=30 * (at % 4))
        with app.app_context():
            hold_time(a_call(start=start), by=clerks[0], now=MONDAY)
        call = {"start": start, "name": f"Anna {at}", "phone": f"05071 100000{at}"}
        other = partial(hold_time, a_call(start=start + timedelta(hours=2)), by=clerks[0], now=MONDAY)
        booked, _ = race(app, partial(enter, clerks[0], **call), other)
        with app.app_context():
            found = sa.select(Appointment.status).where(Appointment.reference == booked.reference)
            assert db.session.scalars(found).one() == "confirmed"
            free_hold(clerks[0].login)
