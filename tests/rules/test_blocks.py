from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.blocks import (
    Block,
    BlockKind,
    Choice,
    Closure,
    Timetable,
    block_span,
    blocks_on,
    instant_at,
    open_cells,
    open_hours,
    wall_span,
)
from booking.rules.cells import moments_of
from booking.rules.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = date(2026, 11, 24)
AUTUMN_NIGHT = date(2026, 10, 25)
SPRING_NIGHT = date(2027, 3, 28)
WEEKLY = Block(1, 1, BlockKind.ONLINE, time(8, 30), time(12), weekday=1)
PASSPORT, CAR, MOVE = 1, 2, 3


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def berlin_hours(
    *blocks: Block,
    day: date = TUESDAY,
    concerns: Sequence[int] = (PASSPORT,),
    closures: Sequence[Closure] = (),
    absences: Sequence[Span] = (),
    kinds: Sequence[BlockKind] = (BlockKind.ONLINE,),
) -> list[tuple[str, str]]:
    """The open hours of clerk 1 at office 1, as people would read them off the clock."""
    timetable = Timetable(BERLIN, blocks, closures=closures, absences={1: absences})
    choice = Choice(1, frozenset(concerns), frozenset(kinds))
    spans = open_hours(timetable, 1, choice=choice, days=(day, day))
    return [(f"{span.start.astimezone(BERLIN):%H:%M}", f"{span.end.astimezone(BERLIN):%H:%M}") for span in spans]


# Which blocks fall on a day


def test_a_weekly_block_falls_on_its_weekday_only() -> None:
    days = [TUESDAY + timedelta(days=n) for n in range(7)]
    assert [day for day in days if blocks_on([WEEKLY], day)] == [TUESDAY]


def test_a_block_holds_from_its_first_to_its_last_valid_day() -> None:
    block = replace(WEEKLY, valid_from=TUESDAY, valid_to=TUESDAY + timedelta(weeks=1))
    weeks = [weeks for weeks in range(-1, 4) if block.falls_on(TUESDAY + timedelta(weeks=weeks))]
    assert weeks == [0, 1]


def test_every_second_week_counts_calendar_weeks_from_the_first_valid_day() -> None:
    friday = replace(WEEKLY, weekday=4, every_weeks=2, valid_from=date(2026, 11, 25))
    fridays = [date(2026, 11, 27) + timedelta(weeks=n) for n in range(5)]
    assert [friday.falls_on(day) for day in fridays] == [True, False, True, False, True]


def test_every_second_week_runs_on_across_the_turn_of_the_year() -> None:
    block = replace(WEEKLY, every_weeks=2, valid_from=date(2026, 12, 22))
    assert not block.falls_on(date(2026, 12, 29))
    assert block.falls_on(date(2027, 1, 5))


def test_every_second_week_without_a_first_day_falls_on_every_second_week() -> None:
    block = replace(WEEKLY, every_weeks=2)
    found = [block.falls_on(TUESDAY + timedelta(weeks=n)) for n in range(4)]
    assert found in ([True, False, True, False], [False, True, False, True])


def test_a_dated_block_replaces_all_weekly_ones_of_its_clerk_and_day() -> None:
    saturday = replace(WEEKLY, weekday=None, date=TUESDAY, office=2, start=time(9), end=time(10))
    colleague = replace(WEEKLY, clerk=2)
    assert blocks_on([WEEKLY, saturday, colleague], TUESDAY) == [saturday, colleague]
    assert blocks_on([WEEKLY, saturday, colleague], TUESDAY + timedelta(weeks=1)) == [WEEKLY, colleague]


# From the wall clock to UTC


@pytest.mark.parametrize(
    ("day", "hours", "opening", "closing", "why"),
    [
        (TUESDAY, (8, 12), utc(TUESDAY, 7), utc(TUESDAY, 11), "winter time is one hour ahead"),
        (date(2026, 7, 7), (8, 12), utc(date(2026, 7, 7), 6), utc(date(2026, 7, 7), 10), "summer time is two"),
        (AUTUMN_NIGHT, (2, 3), utc(AUTUMN_NIGHT, 0), utc(AUTUMN_NIGHT, 2), "the hour that comes twice counts twice"),
        (AUTUMN_NIGHT, (1, 2), utc(date(2026, 10, 24), 23), utc(AUTUMN_NIGHT, 1), "as an end the later two o'clock"),
        (AUTUMN_NIGHT, (2, 4), utc(AUTUMN_NIGHT, 0), utc(AUTUMN_NIGHT, 3), "as a start the earlier two o'clock"),
        (AUTUMN_NIGHT, (1, 4), utc(date(2026, 10, 24), 23), utc(AUTUMN_NIGHT, 3), "across the change: an hour more"),
        (AUTUMN_NIGHT, (0, 0), utc(date(2026, 10, 24), 22), utc(AUTUMN_NIGHT, 23), "a day of 25 hours"),
        (SPRING_NIGHT, (1, 4), utc(SPRING_NIGHT, 0), utc(SPRING_NIGHT, 2), "across the change: an hour less"),
        (SPRING_NIGHT, (2, 4), utc(SPRING_NIGHT, 1), utc(SPRING_NIGHT, 2), "a skipped start is the end of the gap"),
        (SPRING_NIGHT, (1, 2), utc(SPRING_NIGHT, 0), utc(SPRING_NIGHT, 1), "a skipped end is the end of the gap"),
        (SPRING_NIGHT, (0, 0), utc(date(2027, 3, 27), 23), utc(SPRING_NIGHT, 22), "a day of 23 hours"),
    ],
)
def test_a_block_keeps_to_the_wall_clock(
    day: date, hours: tuple[int, int], opening: datetime, closing: datetime, why: str
) -> None:
    block = replace(WEEKLY, start=time(hours[0]), end=time(hours[1]))
    assert block_span(block, day, BERLIN) == Span(opening, closing), why


@pytest.mark.parametrize(("start", "end"), [(time(2), time(3)), (time(2, 15), time(2, 45)), (time(2, 30), time(3))])
def test_a_block_within_the_hour_that_is_skipped_does_not_take_place(start: time, end: time) -> None:
    assert wall_span(SPRING_NIGHT, start, end, zone=BERLIN) is None


def test_a_block_that_ends_before_it_begins_is_no_time() -> None:
    assert wall_span(TUESDAY, time(12), time(8), zone=BERLIN) is None


def test_a_gap_of_half_an_hour_ends_where_the_clocks_go_on() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert instant_at(datetime(2026, 10, 4, 2, 10), lord_howe) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)  # noqa: DTZ001


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
nights = st.sampled_from([AUTUMN_NIGHT, SPRING_NIGHT, TUESDAY])


@given(nights, quarters, quarters, quarters)
def test_neighbouring_blocks_never_leave_time_between_them(day: date, one: time, two: time, three: time) -> None:
    first, middle, last = sorted((one, two, three))
    parts = [wall_span(day, start, end, zone=BERLIN) for start, end in ((first, middle), (middle, last))]
    there = [part for part in parts if part]
    whole = wall_span(day, first, last, zone=BERLIN)
    if last > time(0) and len(there) == 2 and whole:
        assert there[0].end >= there[1].start
        assert (there[0].start, there[1].end) == (whole.start, whole.end)


@given(nights, quarters)
def test_an_instant_shows_the_time_that_was_asked_for_unless_that_is_skipped(day: date, wall: time) -> None:
    for later in (False, True):
        shown = instant_at(datetime.combine(day, wall), BERLIN, later=later).astimezone(BERLIN)
        skipped = day == SPRING_NIGHT and wall.hour == 2
        assert shown.time() == (time(3) if skipped else wall)


# Open hours


def test_an_office_is_open_in_its_blocks() -> None:
    afternoon = replace(WEEKLY, start=time(13), end=time(18, 15))
    assert berlin_hours(WEEKLY, afternoon) == [("08:30", "12:00"), ("13:00", "18:15")]


def test_blocks_that_touch_are_one_stretch() -> None:
    assert berlin_hours(WEEKLY, replace(WEEKLY, start=time(12), end=time(13))) == [("08:30", "13:00")]


def test_citizens_see_online_blocks_only_and_staff_their_own_as_well() -> None:
    kept = replace(WEEKLY, kind=BlockKind.STAFF, start=time(12), end=time(13))
    walk_in = replace(WEEKLY, kind=BlockKind.WALK_IN, start=time(14), end=time(16))
    assert berlin_hours(WEEKLY, kept, walk_in) == [("08:30", "12:00")]
    assert berlin_hours(WEEKLY, kept, walk_in, kinds=[BlockKind.ONLINE, BlockKind.STAFF]) == [("08:30", "13:00")]


def test_a_block_for_some_concerns_takes_only_a_visit_wholly_among_them() -> None:
    block = replace(WEEKLY, concerns=frozenset({PASSPORT, CAR}))
    assert berlin_hours(block, concerns=[CAR])
    assert berlin_hours(block, concerns=[CAR, PASSPORT])
    assert not berlin_hours(block, concerns=[CAR, MOVE])


def test_a_clerks_time_at_another_office_is_not_this_offices() -> None:
    assert not berlin_hours(replace(WEEKLY, office=2))
    assert not berlin_hours(replace(WEEKLY, clerk=2))


def test_a_stand_in_at_another_office_empties_the_day_here() -> None:
    elsewhere = replace(WEEKLY, weekday=None, date=TUESDAY, office=2)
    assert not berlin_hours(WEEKLY, elsewhere)


def test_a_closure_shuts_its_office_or_all() -> None:
    here, everywhere, there = (Closure(office, TUESDAY, TUESDAY) for office in (1, None, 2))
    assert not berlin_hours(WEEKLY, closures=[here])
    assert not berlin_hours(WEEKLY, closures=[everywhere])
    assert berlin_hours(WEEKLY, closures=[there])


def test_a_closure_covers_its_days_inclusive() -> None:
    closure = Closure(None, date(2026, 12, 22), date(2026, 12, 29))
    days = [date(2026, 12, 15) + timedelta(weeks=n) for n in range(4)]
    assert [bool(berlin_hours(WEEKLY, day=day, closures=[closure])) for day in days] == [True, False, False, True]


def test_a_closure_of_part_of_a_day_leaves_the_rest() -> None:
    meeting = Closure(1, TUESDAY, TUESDAY, time(9), time(10))
    early = Closure(1, TUESDAY, TUESDAY, None, time(9))
    late = Closure(1, TUESDAY, TUESDAY, time(11), None)
    assert berlin_hours(WEEKLY, closures=[meeting]) == [("08:30", "09:00"), ("10:00", "12:00")]
    assert berlin_hours(WEEKLY, closures=[early, late]) == [("09:00", "11:00")]


def test_nobody_works_on_a_holiday_not_even_by_a_dated_block() -> None:
    dated = replace(WEEKLY, weekday=None, date=TUESDAY)
    timetable = Timetable(BERLIN, [dated], holidays={TUESDAY: {"de": "Feiertag"}})
    assert open_hours(timetable, 1, choice=Choice(1, frozenset()), days=(TUESDAY, TUESDAY)) == []


def test_an_absence_is_cut_out() -> None:
    away = Span(utc(TUESDAY, 8), utc(TUESDAY, 20))
    assert berlin_hours(WEEKLY, absences=[away]) == [("08:30", "09:00")]


def test_a_month_of_hours_comes_in_order() -> None:
    days = (TUESDAY, TUESDAY + timedelta(days=28))
    spans = open_hours(Timetable(BERLIN, [WEEKLY]), 1, choice=Choice(1, frozenset()), days=days)
    assert len(spans) == 5
    assert spans == sorted(spans)


def test_open_cells_are_those_of_the_open_hours() -> None:
    timetable, choice, days = Timetable(BERLIN, [WEEKLY]), Choice(1, frozenset()), (TUESDAY, TUESDAY)
    found = open_cells(timetable, 1, choice=choice, days=days)
    (morning,) = open_hours(timetable, 1, choice=choice, days=days)
    assert moments_of(found.bits, found.base) == list(morning.moments())


def test_what_was_kept_of_one_timetable_is_not_used_for_another() -> None:
    before, after = Timetable(BERLIN, [WEEKLY]), Timetable(BERLIN, [replace(WEEKLY, end=time(9))])
    cells = [
        open_cells(timetable, 1, choice=Choice(1, frozenset()), days=(TUESDAY, TUESDAY)).bits.bit_count()
        for timetable in (before, after, before)
    ]
    assert cells == [42, 6, 42]
