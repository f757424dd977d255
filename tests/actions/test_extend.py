"""A visit that takes longer: over free cells only, and back again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.extend import extend
from booking.actions.marks import mark, undo_mark
from booking.errors import FreeOnlyUntil, Invalid, NotFound, NotPossibleNow, StepStale
from booking.extensions import db
from booking.models import Audit, Clerk, Mark
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from tests.builders import NINE
from tests.counter import MINUTE, a_counter, booked, entry_of, the_town
from tests.ownership import assert_owned_exactly


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


@pytest.fixture
def running(desk: Actor) -> str:
    found = booked()
    mark(found, Verb.CALL, by=desk, now=NINE)
    return found


def both_booked_from(minutes: int) -> None:
    for number in range(2):
        booked(NINE + minutes * MINUTE, number + 1)


@pytest.mark.parametrize("serving", [False, True])
def test_a_running_visit_lasts_longer(running: str, desk: Actor, serving: bool) -> None:
    if serving:
        mark(running, Verb.SERVE, by=desk, now=NINE)
    extend(running, 7, by=desk, now=NINE + 12 * MINUTE)
    entry = entry_of(running)
    assert (entry.start, entry.end) == (NINE, NINE + 25 * MINUTE)
    assert entry.status is (Status.SERVING if serving else Status.CALLED)
    assert_owned_exactly(NINE)
    assert db.session.scalars(sa.select(Audit.details).where(Audit.verb == "extend")).all() == [{"minutes": 7}]


def test_it_ends_where_somebody_else_begins_and_says_so(running: str, desk: Actor) -> None:
    both_booked_from(25)
    with pytest.raises(FreeOnlyUntil) as refused:
        extend(running, 15, by=desk, now=NINE)
    assert refused.value.values["until"] == "09:25"
    extend(running, 10, by=desk, now=NINE)
    assert entry_of(running).end == NINE + 25 * MINUTE
    assert_owned_exactly(NINE)


def test_a_visit_that_has_overrun_is_extended_from_now_on(running: str, desk: Actor) -> None:
    extend(running, 10, by=desk, now=NINE + 32 * MINUTE)
    assert entry_of(running).end == NINE + 40 * MINUTE
    assert_owned_exactly(NINE)


def test_where_no_minutes_can_work_that_is_said(running: str, desk: Actor) -> None:
    both_booked_from(15)
    with pytest.raises(FreeOnlyUntil) as refused:
        extend(running, 5, by=desk, now=NINE + 20 * MINUTE)
    assert refused.value.about == "over"
    assert refused.value.values["until"] == "09:15"


def test_the_minutes_afterwards_stay_the_clerk_s(desk: Actor) -> None:
    db.session.execute(sa.update(Clerk).values(after_minutes=5))
    the_town().revision += 1
    db.session.commit()
    found = booked()
    both_booked_from(30)
    mark(found, Verb.CALL, by=desk, now=NINE)
    with pytest.raises(FreeOnlyUntil) as refused:
        extend(found, 15, by=desk, now=NINE)
    assert refused.value.values["until"] == "09:25"
    assert_owned_exactly(NINE)


def test_staff_may_use_a_time_that_is_held_back_from_citizens(running: str, desk: Actor) -> None:
    next_one = [booked(NINE + 15 * MINUTE, number) for number in (1, 2)]
    the_town().policy = {"release_delay_minutes": 600, "max_open_per_network": 1000}
    the_town().revision += 1
    db.session.commit()
    for reference in next_one:
        mark(reference, Verb.MISS, by=desk, now=NINE + 15 * MINUTE)
    extend(running, 15, by=desk, now=NINE + 15 * MINUTE)
    assert entry_of(running).end == NINE + 30 * MINUTE
    assert_owned_exactly(NINE)


def test_an_extension_is_taken_back_like_any_step(running: str, desk: Actor) -> None:
    extend(running, 10, by=desk, now=NINE)
    way = entry_of(running).undo
    assert way is not None
    assert way.verb is Verb.EXTEND
    undo_mark(running, way.step, by=desk, now=NINE + MINUTE)
    entry = entry_of(running)
    assert (entry.status, entry.end) == (Status.CALLED, NINE + 15 * MINUTE)
    assert entry.undo is not None
    assert entry.undo.verb is Verb.CALL
    assert_owned_exactly(NINE)


def test_what_was_extended_and_then_moved_does_not_go_back_there(running: str, desk: Actor) -> None:
    extend(running, 10, by=desk, now=NINE)
    way = entry_of(running).undo
    assert way is not None
    db.session.execute(sa.text("UPDATE appointment SET start = :start"), {"start": "2026-11-24 07:55:00+00:00"})
    db.session.commit()
    with pytest.raises(StepStale):
        undo_mark(running, way.step, by=desk, now=NINE)


@pytest.mark.parametrize("verb", [None, Verb.CHECK_IN, Verb.FINISH, Verb.MISS])
def test_what_does_not_run_is_not_extended(desk: Actor, verb: Verb | None) -> None:
    found = booked()
    if verb:
        mark(found, verb, by=desk, now=NINE)
    with pytest.raises(NotPossibleNow):
        extend(found, 10, by=desk, now=NINE)


@pytest.mark.parametrize("minutes", [0, -5, 100_000])
def test_only_sensible_lengths_are_taken(running: str, desk: Actor, minutes: int) -> None:
    with pytest.raises(Invalid):
        extend(running, minutes, by=desk, now=NINE)


def test_an_extension_whose_answer_was_lost_does_not_count_twice(running: str, desk: Actor) -> None:
    for _ in range(2):
        extend(running, 10, by=desk, now=NINE)
    assert entry_of(running).end == NINE + 25 * MINUTE
    assert db.session.scalar(sa.select(sa.func.count(Mark.id))) == 2


def test_an_extended_visit_that_ends_early_gives_back_what_is_left(running: str, desk: Actor) -> None:
    extend(running, 30, by=desk, now=NINE)
    mark(running, Verb.FINISH, by=desk, now=NINE + 21 * MINUTE)
    assert entry_of(running).end == NINE + 25 * MINUTE
    assert_owned_exactly(NINE)


def test_strangers_extend_nothing(running: str, desk: Actor) -> None:
    stranger = Actor(desk.login, desk.role, desk.municipality + 1)
    with pytest.raises(NotFound):
        extend(running, 10, by=stranger, now=NINE + timedelta(minutes=1))
