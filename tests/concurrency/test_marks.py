"""Two desks at the same day in the same instant: every press is answered, one of two that exclude each other counts."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.extend import extend
from booking.actions.find_appointment import find_by_token
from booking.actions.marks import mark, undo_mark
from booking.actions.move import move
from booking.actions.walk_ins import arrive, take
from booking.extensions import db
from booking.models import Appointment, Mark
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, an_appointment
from tests.counter import MINUTE, WISHES, a_counter, booked, clerk, entry_of, waiting
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

ROUNDS = range(5)


@pytest.fixture
def desk(app: Flask) -> Actor:
    with app.app_context():
        return a_counter()


def marks(app: Flask) -> int:
    with app.app_context():
        assert_owned_exactly(NINE)
        return int(db.session.scalar(sa.select(sa.func.count(Mark.id)).where(Mark.undone.is_(False))) or 0)


@pytest.mark.parametrize("_round", ROUNDS)
def test_the_same_button_at_two_desks_counts_once_and_is_answered_twice(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found = booked()
    outcomes = race(app, *[partial(mark, found, Verb.CHECK_IN, by=desk, now=NINE)] * 3)
    assert outcomes == [None] * 3
    assert marks(app) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_served_and_missing_exclude_each_other(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found = booked()
    press = partial(mark, found, by=desk, now=NINE)
    outcomes = race(app, partial(press, Verb.FINISH), partial(press, Verb.MISS))
    assert kinds(outcomes) == {"NoneType": 1, "NotPossibleNow": 1}
    assert marks(app) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_walk_in_is_taken_by_one_of_two_clerks(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found, clerks = waiting(desk), [clerk("platz1"), clerk("platz2")]
    outcomes = race(app, *[partial(take, found, each, by=desk, now=NINE) for each in clerks])
    assert kinds(outcomes) == {"NoneType": 1, "StepStale": 1}
    assert marks(app) == 1
    with app.app_context():
        entry = entry_of(found)
        assert (entry.status, len(entry.clerks)) == (Status.CALLED, 1)


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_gap_takes_one_of_two_who_wait(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        both, one = [waiting(desk), waiting(desk)], clerk("platz1")
    outcomes = race(app, *[partial(take, each, one, by=desk, now=NINE) for each in both])
    assert kinds(outcomes) == {"NoneType": 1, "ClerkBusy": 1}
    assert marks(app) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_nobody_gets_the_number_of_somebody_else(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found = booked()
    walk_in = partial(arrive, "musterstadt", "buergerbuero", WISHES, by=desk, now=NINE)
    numbers = race(app, walk_in, walk_in, partial(mark, found, Verb.CHECK_IN, by=desk, now=NINE), walk_in)
    with app.app_context():
        given = db.session.scalars(sa.select(Appointment.number).order_by(Appointment.number)).all()
    assert given == [1, 2, 3, 4]
    assert {number for number in numbers if number} < set(given)


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_undo_and_the_next_step_never_both_count(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found = booked()
        mark(found, Verb.CHECK_IN, by=desk, now=NINE)
        way = entry_of(found).undo
    assert way is not None
    outcomes = race(
        app,
        partial(undo_mark, found, way.step, by=desk, now=NINE),
        partial(mark, found, Verb.CALL, by=desk, now=NINE),
    )
    assert outcomes[1] is None
    assert marks(app) == (2 if kinds(outcomes)["StepStale"] else 1)
    with app.app_context():
        assert entry_of(found).status is Status.CALLED


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_extensions_over_the_last_free_time_are_one(app: Flask, desk: Actor, _round: int) -> None:
    with app.app_context():
        found = booked()
        for number in (1, 2):
            booked(NINE + 25 * MINUTE, number)
        mark(found, Verb.CALL, by=desk, now=NINE)
    outcomes = race(app, *[partial(extend, found, 10, by=desk, now=NINE + n * MINUTE) for n in range(2)])
    assert kinds(outcomes) == {"NoneType": 1, "FreeOnlyUntil": 1}
    assert marks(app) == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_whoever_arrives_is_not_moved_by_the_link_in_the_same_instant(app: Flask, desk: Actor, _round: int) -> None:
    early = NINE - 20 * MINUTE
    with app.app_context():
        found = an_appointment(now=MONDAY)
    outcomes = race(
        app,
        partial(mark, found.reference, Verb.CHECK_IN, by=desk, now=early),
        partial(move, found.token, NINE + timedelta(hours=2), now=early),
    )
    with app.app_context():
        assert_owned_exactly(NINE)
        standing = find_by_token(found.token)
    assert outcomes[0] is None
    assert standing.status is Status.CHECKED_IN
    assert (standing.start == NINE) == ("NotPossibleNow" in kinds(outcomes))
