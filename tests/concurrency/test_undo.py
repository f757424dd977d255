"""Undo against whoever is at it in the same instant: one of them wins, and everything fits together."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.find_appointment import find_by_token
from booking.actions.move import move
from booking.actions.outbox import claim
from booking.actions.undo import undo
from booking.extensions import db
from booking.models import Letter, LetterStatus
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_municipality, an_appointment, an_order
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

STEP = MONDAY + timedelta(minutes=2)
LAST = STEP + timedelta(seconds=59)
OVER = STEP + timedelta(seconds=60)
TEN = NINE + timedelta(hours=1)
ROUNDS = range(6)


@pytest.fixture
def found(app: Flask) -> Appointment:
    with app.app_context():
        a_municipality()
        return an_appointment()


def standing(app: Flask, found: Appointment) -> Appointment:
    with app.app_context():
        assert_owned_exactly(OVER)
        return find_by_token(found.token)


@pytest.mark.parametrize("_round", ROUNDS)
def test_at_the_end_of_the_minute_the_time_is_the_one_s_or_the_other_s(
    app: Flask, found: Appointment, _round: int
) -> None:
    with app.app_context():
        gone = cancel(found.token, now=STEP)
    outcomes = race(
        app,
        partial(undo, found.token, step=gone.sequence, now=LAST),
        partial(book, an_order(email="ben@example.org"), now=OVER),  # a machine whose clock is a second fast
    )
    assert kinds(outcomes) == {"Appointment": 1, "StartTaken": 1}
    kept = isinstance(outcomes[0], Appointment)
    assert (standing(app, found).status is Status.CONFIRMED) == kept


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_double_click_undoes_once(app: Flask, found: Appointment, _round: int) -> None:
    with app.app_context():
        moved = move(found.token, TEN, now=STEP)
    outcomes = race(app, *[partial(undo, found.token, step=moved.sequence, now=LAST)] * 3)
    assert kinds(outcomes) == {"Appointment": 3}
    assert standing(app, found).sequence == moved.sequence + 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_undo_and_another_move_never_both_count(app: Flask, found: Appointment, _round: int) -> None:
    with app.app_context():
        moved = move(found.token, TEN, now=STEP)
    later = TEN + timedelta(minutes=30)
    outcomes = race(
        app, partial(undo, found.token, step=moved.sequence, now=LAST), partial(move, found.token, later, now=LAST)
    )
    assert isinstance(outcomes[1], Appointment)
    assert standing(app, found).start == later


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_undo_and_the_office_s_cancellation_end_cancelled(app: Flask, found: Appointment, _round: int) -> None:
    with app.app_context():
        moved = move(found.token, TEN, now=STEP)
    race(
        app,
        partial(undo, found.token, step=moved.sequence, now=LAST),
        partial(cancel_by_office, found.id, now=LAST),
    )
    assert standing(app, found).status is Status.CANCELLED


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_letter_that_is_claimed_meanwhile_is_followed_by_another(app: Flask, found: Appointment, _round: int) -> None:
    """Either the letter is withdrawn and nobody hears of it, or the claim came first and the next edition follows."""
    with app.app_context():
        db.session.execute(sa.update(Letter).values(status=LetterStatus.SENT.value))
        db.session.commit()
        gone = cancel(found.token, now=STEP)
    claimed, _ = race(app, partial(claim, now=OVER), partial(undo, found.token, step=gone.sequence, now=LAST))
    with app.app_context():
        waiting = sa.select(Letter.kind).where(Letter.status == LetterStatus.WAITING).order_by(Letter.id)
        left = list(db.session.scalars(waiting))
    told_of_it = claimed is not None and claimed.sequence == gone.sequence
    assert left == (["cancelled_by_citizen", "confirmed"] if told_of_it else [])
    assert standing(app, found).status is Status.CONFIRMED
