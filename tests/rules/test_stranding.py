"""Which appointments lose their clerk: by closure, holiday, absence or other hours, in this order; both DST nights."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.rules.blocks import Block, BlockKind, Closure, Timetable
from booking.rules.spans import Span
from booking.rules.stranding import Cause, Placed, why_stranded

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = date(2026, 11, 24)
HERE, CLERK, CARD = 1, 7, 3


def at(clock: str, minutes: int = 15, day: date = TUESDAY) -> Span:
    start = datetime.combine(day, time.fromisoformat(clock), BERLIN).astimezone(UTC)
    return Span(start, start + timedelta(minutes=minutes))


def placed(span: Span, **fields: object) -> Placed:
    return Placed(**{"office": HERE, "span": span, "clerks": (CLERK,), "concerns": frozenset({CARD}), **fields})


def timetable(*blocks: Block, **against: object) -> Timetable:
    usual = [Block(CLERK, HERE, BlockKind.ONLINE, time(8, 30), time(12), weekday=1)]
    return Timetable(BERLIN, blocks or usual, **against)


NINE = at("09:00")
CASES = [
    ("all is well", {}, {}, None),
    ("the clerk is away then", {"absences": {CLERK: [at("07:30", 120)]}}, {}, Cause.ABSENT),
    ("the clerk is away until it begins", {"absences": {CLERK: [at("07:30", 90)]}}, {}, None),
    ("another clerk is away", {"absences": {8: [at("07:30", 120)]}}, {}, None),
    ("the office is shut", {"closures": [Closure(HERE, TUESDAY, TUESDAY)]}, {}, Cause.CLOSED),
    ("every office is shut", {"closures": [Closure(None, TUESDAY, TUESDAY)]}, {}, Cause.CLOSED),
    ("another office is shut", {"closures": [Closure(2, TUESDAY, TUESDAY)]}, {}, None),
    ("shut from ten", {"closures": [Closure(HERE, TUESDAY, TUESDAY, start=time(10))]}, {}, None),
    ("shut from ten past nine", {"closures": [Closure(HERE, TUESDAY, TUESDAY, start=time(9, 10))]}, {}, Cause.CLOSED),
    ("a holiday", {"holidays": {TUESDAY: {"de": "Tag"}}}, {}, Cause.CLOSED),
    ("a holiday that staff chose", {"holidays": {TUESDAY: {"de": "Tag"}}}, {"is_extra": True}, None),
    ("it ends after the block", {}, {"span": at("11:50")}, Cause.OUTSIDE),
    ("it ends after the block, as staff wanted", {}, {"span": at("11:50"), "is_extra": True}, None),
    ("extra, but away", {"absences": {CLERK: [at("07:30", 120)]}}, {"is_extra": True}, Cause.ABSENT),
    ("extra, but shut", {"closures": [Closure(HERE, TUESDAY, TUESDAY)]}, {"is_extra": True}, Cause.CLOSED),
    ("nobody serves it", {}, {"clerks": ()}, Cause.OUTSIDE),
    ("one of two is not there", {}, {"clerks": (CLERK, 8)}, Cause.OUTSIDE),
    (
        "shut and away at once",
        {"closures": [Closure(HERE, TUESDAY, TUESDAY)], "absences": {CLERK: [at("07:30", 120)]}},
        {},
        Cause.CLOSED,
    ),
]


@pytest.mark.parametrize(("reason", "against", "changed", "why"), CASES, ids=[case[0] for case in CASES])
def test_what_stands_against_an_appointment(reason: str, against: dict, changed: dict, why: Cause | None) -> None:
    assert why_stranded(timetable(**against), placed(**{"span": NINE, **changed})) is why


@pytest.mark.parametrize(("kind", "why"), [("online", None), ("staff", None), ("walk-in", Cause.OUTSIDE)])
def test_a_block_for_people_without_an_appointment_serves_nobody_who_has_one(kind: str, why: Cause | None) -> None:
    block = Block(CLERK, HERE, BlockKind(kind), time(8, 30), time(12), weekday=1)
    assert why_stranded(timetable(block), placed(NINE)) is why


def test_a_block_that_serves_other_concerns_or_another_office_does_not_count() -> None:
    other = Block(CLERK, HERE, BlockKind.ONLINE, time(8, 30), time(12), weekday=1, concerns=frozenset({99}))
    elsewhere = Block(CLERK, 2, BlockKind.ONLINE, time(8, 30), time(12), weekday=1)
    assert why_stranded(timetable(other), placed(NINE)) is Cause.OUTSIDE
    assert why_stranded(timetable(elsewhere), placed(NINE)) is Cause.OUTSIDE


def test_two_blocks_that_touch_are_one() -> None:
    blocks = [Block(CLERK, HERE, BlockKind.ONLINE, time(8), time(9, 5), weekday=1)]
    blocks += [Block(CLERK, HERE, BlockKind.STAFF, time(9, 5), time(10), weekday=1)]
    assert why_stranded(timetable(*blocks), placed(NINE)) is None


NIGHTS = [  # blocks from midnight to six on the Sundays on which the clocks change; the span is in UTC
    ("the second hour from two to three, in October", date(2026, 10, 25), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ("the hour after the gap, in March", date(2027, 3, 28), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("reason", "day", "start"), NIGHTS, ids=[night[0] for night in NIGHTS])
def test_the_nights_of_the_clocks_strand_nobody(reason: str, day: date, start: datetime) -> None:
    block = Block(CLERK, HERE, BlockKind.ONLINE, time(0), time(6), date=day)
    span = Span(start, start + timedelta(minutes=15))
    assert why_stranded(timetable(block), placed(span)) is None
    away = {CLERK: [Span(start - timedelta(hours=1), start)]}
    assert why_stranded(timetable(block, absences=away), placed(span)) is None


def test_what_ends_at_midnight_is_not_stranded_by_the_next_day() -> None:
    block = Block(CLERK, HERE, BlockKind.ONLINE, time(20), time(0), weekday=1)
    tomorrow = {TUESDAY + timedelta(days=1): {"de": "Feiertag"}}
    assert why_stranded(timetable(block, holidays=tomorrow), placed(at("23:45"))) is None
