from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.spans import Span, instant_of, merge, round_up_to_grid, subtract
from tests.rules.naive import at


def span(start: int, end: int) -> Span:
    return Span(at(start), at(end))


some_spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda pair: span(pair[0], pair[0] + pair[1])), max_size=6
)


def cells_of(spans: list[Span]) -> set[int]:
    return {moment for each in spans for moment in each.moments()}


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Span(datetime(2026, 11, 24, 8), at(2))  # noqa: DTZ001 - the naive time is the case


@pytest.mark.parametrize("end", [0, -1])
def test_an_empty_span_is_refused(end: int) -> None:
    with pytest.raises(ValueError, match="empty"):
        span(0, end)


def test_the_hour_that_the_clocks_repeat_is_two_hours_long() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    repeated = Span(datetime(2026, 10, 25, 2, tzinfo=berlin), datetime(2026, 10, 25, 3, tzinfo=berlin))
    assert repeated.minutes == 120
    assert repeated.start == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert repeated.start.tzinfo is UTC


def test_another_offset_becomes_utc() -> None:
    east = timezone(timedelta(hours=1))
    assert Span(at(0).astimezone(east), at(1).astimezone(east)) == span(0, 1)


def test_spans_that_touch_do_not_overlap() -> None:
    assert not span(0, 2).overlaps(span(2, 4))
    assert span(0, 3).overlaps(span(2, 4))


def test_a_span_contains_itself_and_what_lies_inside_only() -> None:
    assert span(0, 4).contains(span(0, 4))
    assert span(0, 4).contains(span(1, 3))
    assert not span(0, 4).contains(span(3, 5))


def test_moments_are_the_grid_steps_of_the_span() -> None:
    start = int(at(0).timestamp())
    assert list(span(0, 3).moments()) == [start, start + 300, start + 600]
    assert instant_of(start) == at(0)


def test_a_span_off_the_grid_owns_every_step_that_it_touches() -> None:
    off = Span(at(0) + timedelta(minutes=2), at(2) + timedelta(seconds=1))
    assert list(off.moments()) == list(span(0, 3).moments())


@pytest.mark.parametrize(("minutes", "rounded"), [(0, 0), (1, 5), (5, 5), (6, 10), (17, 20)])
def test_minutes_are_rounded_up_to_the_grid(minutes: int, rounded: int) -> None:
    assert round_up_to_grid(minutes) == rounded


@given(some_spans)
def test_merging_keeps_the_time_and_leaves_gaps_between(spans: list[Span]) -> None:
    merged = merge(spans)
    assert cells_of(merged) == cells_of(spans)
    assert all(one.end < other.start for one, other in pairwise(merged))


@given(some_spans, some_spans)
def test_subtracting_leaves_exactly_the_time_outside_the_holes(spans: list[Span], holes: list[Span]) -> None:
    rest = subtract(spans, holes)
    assert cells_of(rest) == cells_of(spans) - cells_of(holes)
    assert not any(part.overlaps(hole) for part in rest for hole in holes)
