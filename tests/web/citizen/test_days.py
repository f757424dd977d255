"""Days and times laid out for a page."""

from datetime import date, datetime, time, timedelta

import pytest

from booking.web.citizen.days import DAYS_AT_ONCE, lay_out

FIRST = date(2026, 11, 23)


def free(days: int = 20) -> list[tuple[date, list[datetime]]]:
    dates = [FIRST + timedelta(days=step) for step in range(days)]
    return [(day, [datetime.combine(day, time(hour)) for hour in (8, 11, 12, 16, 17)]) for day in dates]


def test_without_free_times_there_is_nothing_to_lay_out():
    assert lay_out([], None) is None


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (None, FIRST),
        (FIRST - timedelta(days=9), FIRST),
        (FIRST + timedelta(days=7), FIRST + timedelta(days=7)),
        (FIRST + timedelta(days=99), FIRST + timedelta(days=19)),
    ],
)
def test_the_wanted_day_is_chosen_or_the_next_that_has_times(wanted, chosen):
    assert lay_out(free(), wanted).chosen == chosen


def test_turning_the_pages_shows_every_day_once():
    shown, wanted = [], FIRST
    while wanted is not None:
        page = lay_out(free(), wanted)
        shown += [day.date for day in page.strip]
        wanted = page.later
    assert shown == [day for day, _ in free()]


def test_turning_back_leads_to_the_page_before():
    second = lay_out(free(), FIRST + timedelta(days=DAYS_AT_ONCE))
    assert lay_out(free(), second.earlier).strip[0].date == FIRST
    assert lay_out(free(), None).earlier is None
    assert lay_out(free(), FIRST + timedelta(days=19)).later is None


def test_times_are_grouped_by_part_of_day():
    parts = dict(lay_out(free(), None).parts)
    assert {name: [at.hour for at in times] for name, times in parts.items()} == {
        "morning": [8, 11],
        "afternoon": [12, 16],
        "evening": [17],
    }
