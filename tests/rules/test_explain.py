from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.blocks import Block, BlockKind, Choice, Closure, Timetable
from booking.rules.explain import Question, Reason, Why, Worker, explain
from booking.rules.spans import Span
from booking.rules.windows import Window
from tests.rules.naive import words_of

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = date(2026, 11, 24)
PASSPORT, CAR = 1, 2
BLOCK = Block(1, 1, BlockKind.ONLINE, time(9), time(10), weekday=1)
WORKER = Worker(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def nine(minute: int = 0) -> datetime:
    return datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(minutes=minute)


def a_question(
    *blocks: Block,
    closures: tuple[Closure, ...] = (),
    absence: Span | None = None,
    earliest: datetime = LONG_AGO,
    minutes: int = 15,
) -> Question:
    """A visit of a quarter of an hour for a passport, at an office that is open from nine to ten."""
    absences = {1: [absence]} if absence else {}
    timetable = Timetable(BERLIN, blocks or (BLOCK,), closures=closures, absences=absences)
    window = Window(TUESDAY, TUESDAY + timedelta(days=28), earliest)
    choice = Choice(1, frozenset({PASSPORT}))
    return Question(timetable, choice, window, minutes, useful_rest_minutes=10, lenient_before=LONG_AGO)


def owned(*minutes: int) -> tuple[tuple[int, int], ...]:
    """The cells that begin so many minutes after nine."""
    return words_of(int(nine(minute).timestamp()) for minute in minutes)


def the_reason(question: Question, worker: Worker = WORKER, day: date = TUESDAY) -> Reason:
    (reason,) = explain(question, day, [worker])
    return reason


def test_a_day_beyond_the_window_is_outside_for_everybody() -> None:
    reasons = explain(a_question(), TUESDAY + timedelta(days=35), [WORKER, Worker(2)])
    assert reasons == [Reason(None, Why.OUTSIDE_WINDOW)]
    assert the_reason(a_question(), day=TUESDAY - timedelta(days=7)).why is Why.OUTSIDE_WINDOW


def test_a_holiday_is_named() -> None:
    question = a_question()
    name = {"de": "Reformationstag"}
    question = replace(question, timetable=replace(question.timetable, holidays={TUESDAY: name}))
    assert the_reason(question) == Reason(None, Why.HOLIDAY, name)


def test_an_office_without_clerks_says_so() -> None:
    assert explain(a_question(), TUESDAY, []) == [Reason(None, Why.NO_CLERK)]


def test_who_does_not_handle_the_concern_is_not_qualified() -> None:
    assert the_reason(a_question(), Worker(1, handles={CAR})).why is Why.NOT_QUALIFIED
    assert the_reason(a_question(), Worker(1, handles={CAR, PASSPORT})).why is Why.FREE


def test_who_does_not_work_here_that_day_has_no_block() -> None:
    assert the_reason(a_question(), day=TUESDAY + timedelta(days=1)).why is Why.NO_BLOCK
    assert the_reason(a_question(replace(BLOCK, office=2))).why is Why.NO_BLOCK
    assert the_reason(a_question(), Worker(2)).why is Why.NO_BLOCK


@pytest.mark.parametrize(
    "block",
    [replace(BLOCK, kind=BlockKind.WALK_IN), replace(BLOCK, concerns=frozenset({CAR}))],
    ids=["kind", "concern"],
)
def test_who_works_only_for_others_that_day_has_other_blocks(block: Block) -> None:
    assert the_reason(a_question(block)).why is Why.OTHER_BLOCKS


def test_a_closure_is_named() -> None:
    name = {"de": "Betriebsausflug"}
    closures = (
        Closure(2, TUESDAY, TUESDAY, name={"de": "anderswo"}),
        Closure(1, LONG_AGO.date(), LONG_AGO.date(), name={"de": "längst vorbei"}),
        Closure(1, TUESDAY, TUESDAY, time(8), time(12), name),
    )
    assert the_reason(a_question(closures=closures)) == Reason(1, Why.CLOSED, name)


def test_who_is_away_all_the_open_time_is_absent() -> None:
    assert the_reason(a_question(absence=Span(nine(), nine(60)))).why is Why.ABSENT


def test_what_is_left_of_today_may_be_too_late() -> None:
    assert the_reason(a_question(earliest=nine(57))).why is Why.TOO_LATE
    assert the_reason(a_question(earliest=nine(120))).why is Why.TOO_LATE


def test_a_day_without_a_free_minute_is_full() -> None:
    assert the_reason(a_question(), Worker(1, words=owned(*range(0, 60, 5)))).why is Why.FULL


def test_free_time_before_the_lead_time_does_not_make_a_day_less_full() -> None:
    worker = Worker(1, words=owned(*range(30, 60, 5)))
    assert the_reason(a_question(earliest=nine(30)), worker).why is Why.FULL


def test_the_longest_free_stretch_is_told_when_it_is_too_short() -> None:
    worker = Worker(1, words=owned(*range(10, 60, 5)))
    assert the_reason(a_question(), worker) == Reason(1, Why.TOO_SHORT, longest_free_minutes=10, needed_minutes=15)


def test_minutes_needed_afterwards_can_make_a_stretch_too_short() -> None:
    worker = Worker(1, after_minutes=5, words=owned(*range(15, 60, 5)))
    assert the_reason(a_question(), worker) == Reason(1, Why.TOO_SHORT, longest_free_minutes=15, needed_minutes=20)


def test_a_stretch_that_would_leave_a_useless_rest_is_said_to() -> None:
    worker = Worker(1, words=owned(*range(20, 60, 5)))
    assert the_reason(a_question(), worker).why is Why.LEAVES_USELESS_REST


def test_each_clerk_has_its_own_reason() -> None:
    workers = [Worker(1, words=owned(*range(0, 60, 5))), Worker(2), Worker(3, handles=())]
    reasons = explain(a_question(), TUESDAY, workers)
    assert [(reason.clerk, reason.why) for reason in reasons] == [
        (1, Why.FULL),
        (2, Why.NO_BLOCK),
        (3, Why.NOT_QUALIFIED),
    ]


@given(st.sets(st.integers(0, 11)), st.integers(0, 14), st.integers(1, 6))
def test_on_a_near_day_a_clerk_is_free_exactly_if_the_visit_fits(taken: set[int], earliest: int, length: int) -> None:
    question = replace(a_question(earliest=nine(earliest * 5), minutes=length * 5), lenient_before=nine(600))
    worker = Worker(1, words=owned(*(cell * 5 for cell in taken)))
    fits = any(taken.isdisjoint(range(start, start + length)) for start in range(earliest, 13 - length))
    assert (the_reason(question, worker).why is Why.FREE) == fits
