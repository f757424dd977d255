"""When bookings leave the usual band, and for how long that counts."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.rules.surges import (
    CALM,
    HOUR,
    WEEK,
    hour_of,
    hours_to_compare,
    limit_over,
    needs_writing,
    prolongs,
    usual,
)

NOW = datetime(2026, 11, 23, 6, 20, tzinfo=UTC)
THIS = hour_of(NOW)


def weeks_ago(*counts: int, shift: int = 0) -> dict[int, int]:
    return {THIS - (1 + week) * WEEK + shift: count for week, count in enumerate(counts)}


def test_an_hour_is_compared_with_the_same_hour_of_eight_weeks_and_its_neighbours() -> None:
    assert len(hours_to_compare(THIS)) == 24
    assert {THIS - WEEK, THIS - WEEK - HOUR, THIS - 8 * WEEK + HOUR} <= set(hours_to_compare(THIS))


@pytest.mark.parametrize(
    ("counts", "usually", "why"),
    [
        ((), 0, "a new office has no past"),
        ((200,) * 8, 200, "every Monday's rush is usual"),
        ((200,) * 3, 0, "three weeks of attacks are not"),
        ((9, 9, 9, 9, 9, 1000, 1000, 1000), 9, "nor do they hide what is"),
    ],
)
def test_what_is_usual_is_the_median_of_the_weeks(counts: tuple[int, ...], usually: int, why: str) -> None:
    assert usual(THIS, weeks_ago(*counts)) == usually, why


def test_summer_time_moves_nothing_out_of_the_band() -> None:
    assert usual(THIS, weeks_ago(*(50,) * 8, shift=HOUR)) == 50


def test_the_limit_is_three_times_the_usual_and_never_below_the_floor() -> None:
    assert limit_over(5, 40) == 40
    assert limit_over(200, 40) == 600


def test_it_begins_above_the_limit_and_goes_on_above_half_of_it() -> None:
    assert not prolongs(40, 40, is_on=False)
    assert prolongs(41, 40, is_on=False)
    assert prolongs(21, 40, is_on=True)
    assert not prolongs(20, 40, is_on=True)


def test_a_rush_does_not_write_with_every_booking() -> None:
    assert needs_writing(None, NOW)
    assert not needs_writing(NOW + CALM, NOW)
    assert needs_writing(NOW + CALM / 2 - timedelta(seconds=1), NOW)
