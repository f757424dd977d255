"""When an office is open, and for which day its sheet is written."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.rules.blocks import Block, BlockKind, Closure, Timetable
from booking.rules.opening_days import day_at_hand, day_due, open_spans

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = 1
TUESDAY = date(2026, 11, 24)


def a_block(weekday: int) -> Block:
    return Block(1, OFFICE, BlockKind.ONLINE, time(8), time(12), weekday=weekday)


def a_timetable(*weekdays: int, closures: tuple[Closure, ...] = (), holidays: tuple[date, ...] = ()) -> Timetable:
    blocks = tuple(a_block(day) for day in weekdays or range(5))
    return Timetable(BERLIN, blocks, closures, {day: {"de": "Feiertag"} for day in holidays}, {})


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "due"),
    [(17, 59, None), (18, 0, TUESDAY), (23, 59, TUESDAY)],
)
def test_the_sheet_is_due_from_six_in_the_evening_before(hour: int, minute: int, due: date | None) -> None:
    assert day_due(a_timetable(), OFFICE, at(TUESDAY - timedelta(days=1), hour, minute)) == due


def test_a_job_that_was_down_overnight_still_sends_before_the_office_opens() -> None:
    assert day_due(a_timetable(), OFFICE, at(TUESDAY, 7, 59)) == TUESDAY
    assert day_due(a_timetable(), OFFICE, at(TUESDAY, 8)) is None


@pytest.mark.parametrize(
    ("why", "timetable"),
    [
        ("weekend", a_timetable(0, 2, 3, 4)),
        ("holiday", a_timetable(holidays=(TUESDAY,))),
        ("closure", a_timetable(closures=(Closure(OFFICE, TUESDAY, TUESDAY),))),
        ("closure of the whole town", a_timetable(closures=(Closure(None, TUESDAY, TUESDAY),))),
    ],
)
def test_a_day_without_hours_has_no_sheet(why: str, timetable: Timetable) -> None:
    assert day_due(timetable, OFFICE, at(TUESDAY - timedelta(days=1), 20)) is None
    assert day_at_hand(timetable, OFFICE, at(TUESDAY, 7)) == TUESDAY + timedelta(days=1), why


def test_a_day_that_is_shut_in_part_has_one() -> None:
    morning = Closure(OFFICE, TUESDAY, TUESDAY, time(8), time(10))
    timetable = a_timetable(closures=(morning,))
    assert [span.start for span in open_spans(timetable, OFFICE, TUESDAY)] == [at(TUESDAY, 10)]
    assert day_due(timetable, OFFICE, at(TUESDAY, 9)) == TUESDAY


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2027, 10, 31)])
def test_six_is_six_on_the_wall_in_both_nights_of_the_clock_change(sunday: date) -> None:
    timetable = a_timetable(0, 6)
    assert day_due(timetable, OFFICE, at(sunday - timedelta(days=1), 18)) == sunday
    assert day_due(timetable, OFFICE, at(sunday - timedelta(days=1), 17, 59)) is None
    assert day_due(timetable, OFFICE, at(sunday, 18)) == sunday + timedelta(days=1)
    assert day_due(timetable, OFFICE, at(sunday, 17, 59)) is None


@pytest.mark.parametrize(("hour", "day"), [(6, 0), (11, 0), (12, 1), (20, 1)])
def test_the_day_at_hand_is_today_until_its_hours_are_over(hour: int, day: int) -> None:
    assert day_at_hand(a_timetable(), OFFICE, at(TUESDAY, hour)) == TUESDAY + timedelta(days=day)


def test_an_office_without_hours_has_no_day_at_hand() -> None:
    assert day_at_hand(Timetable(BERLIN, (), (), {}, {}), OFFICE, at(TUESDAY, 7)) is None
