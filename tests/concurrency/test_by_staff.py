"""Staff against citizens and against each other in the same instant: one wins, and nobody owns a cell too many."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.cancel_by_staff import cancel_by_staff, undo_by_staff
from booking.actions.move import move
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.notes import edition_of, save_note
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Letter, Municipality, Office
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import CancelledBy
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_clerk, a_municipality, an_appointment, an_order
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

STEP = MONDAY + timedelta(minutes=2)
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
HERE = "buergerbuero"
ROUNDS = range(4)


@pytest.fixture
def desk(app: Flask) -> Actor:
    with app.app_context():
        a_municipality()
        return a_login("erna", "desk")


@pytest.fixture
def found(app: Flask, desk: Actor) -> Appointment:
    with app.app_context():
        return an_appointment()


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_citizen_and_a_clerk_move_at_once_and_the_later_move_counts(
    app: Flask, desk: Actor, found: Appointment, _round: int
) -> None:
    outcomes = race(
        app,
        partial(move, found.token, TEN, now=STEP),
        partial(move_by_staff, desk, found.reference, Target(ELEVEN, HERE), now=STEP),
    )
    assert kinds(outcomes) == {"Appointment": 2}
    with app.app_context():
        assert_owned_exactly(STEP)
        row = db.session.get_one(Row, found.id)
        assert row.sequence == found.sequence + 2
        assert row.start in {TEN, ELEVEN}


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_desks_move_two_people_to_one_time_and_one_of_them_is_told(
    app: Flask, desk: Actor, found: Appointment, _round: int
) -> None:
    with app.app_context():
        other = an_appointment(start=TEN, email="b@example.org")
    target = Target(ELEVEN, HERE)
    outcomes = race(app, *(partial(move_by_staff, desk, one.reference, target, now=STEP) for one in (found, other)))
    assert kinds(outcomes) == {"Appointment": 1, "StartTaken": 1}
    with app.app_context():
        assert_owned_exactly(STEP)


def test_a_button_pressed_twice_moves_once(app: Flask, desk: Actor, found: Appointment) -> None:
    press = partial(move_by_staff, desk, found.reference, Target(TEN, HERE), now=STEP)
    assert kinds(race(app, press, press)) == {"Appointment": 2}
    with app.app_context():
        assert_owned_exactly(STEP)
        moved = sa.select(sa.func.count(Letter.id)).where(Letter.kind == "moved")
        assert db.session.scalar(moved) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_undo_and_a_booking_of_the_freed_time_do_not_both_get_it(
    app: Flask, desk: Actor, found: Appointment, _round: int
) -> None:
    with app.app_context():
        gone = cancel_by_staff(desk, found.reference, CancelledBy.OFFICE, now=STEP)
    outcomes = race(
        app,
        partial(undo_by_staff, desk, found.reference, step=gone.sequence, now=STEP + timedelta(seconds=59)),
        partial(book, an_order(email="ben@example.org"), now=STEP + timedelta(seconds=60)),
    )
    assert kinds(outcomes) == {"Appointment": 1, "StartTaken": 1}
    with app.app_context():
        assert_owned_exactly(STEP)


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_of_two_notes_at_once_is_asked_again(app: Flask, desk: Actor, found: Appointment, _round: int) -> None:
    seen = edition_of("")
    outcomes = race(
        app,
        *(partial(save_note, desk, found.reference, text, seen=seen, now=STEP) for text in ("Rollstuhl", "Hund")),
    )
    assert kinds(outcomes) == {"NoneType": 1, "NoteChanged": 1}


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_people_given_to_one_free_clerk_at_once_share_nobody(
    app: Flask, desk: Actor, found: Appointment, _round: int
) -> None:
    with app.app_context():
        row = db.session.scalars(sa.select(Municipality)).one()
        office = db.session.scalars(sa.select(Office)).one()
        a_clerk(row, office, "platz2")
        free = a_clerk(row, office, "platz3").id
        row.revision += 1
        db.session.commit()
        other = an_appointment(email="b@example.org")
    target = Target(NINE, HERE, frozenset({free}))
    outcomes = race(app, *(partial(move_by_staff, desk, one.reference, target, now=STEP) for one in (found, other)))
    assert kinds(outcomes) == {"Appointment": 1, "ClerkTaken": 1}
    with app.app_context():
        assert_owned_exactly(STEP)
