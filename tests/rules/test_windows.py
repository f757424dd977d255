from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.rules.windows import Policy, Release, booking_window, near_until, next_release

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = Policy()
BATCH = Policy(release=Release("weekly", time(18), weekday=0))


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of November 2026 (the 23rd is a Monday), as clocks in Germany show it."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def test_the_window_reaches_from_today_to_four_weeks_ahead_inclusive() -> None:
    window = booking_window(POLICY, berlin(24, 12), BERLIN)
    assert (window.first, window.last) == (date(2026, 11, 24), date(2026, 12, 22))


@pytest.mark.parametrize(("minute", "last"), [(59, 21), (60, 22)])
def test_the_last_day_opens_at_seven_in_the_morning(minute: int, last: int) -> None:
    now = berlin(24, 6) + timedelta(minutes=minute)
    assert booking_window(POLICY, now, BERLIN).last == date(2026, 12, last)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (berlin(23, 17, 59), date(2026, 12, 14)),
        (berlin(23, 18), date(2026, 12, 21)),
        (berlin(29, 23), date(2026, 12, 21)),
        (berlin(30, 18), date(2026, 12, 28)),
    ],
)
def test_a_weekly_batch_opens_on_its_weekday_and_stays_until_the_next(now: datetime, last: date) -> None:
    assert booking_window(BATCH, now, BERLIN).last == last


def test_no_start_lies_within_the_lead_time() -> None:
    window = booking_window(POLICY, berlin(24, 12), BERLIN)
    assert window.earliest == berlin(24, 13)
    assert window.admits(berlin(24, 13), BERLIN)
    assert not window.admits(berlin(24, 12, 55), BERLIN)


def test_what_was_shown_has_ten_minutes_of_grace() -> None:
    window = booking_window(POLICY, berlin(24, 12), BERLIN, grace=True)
    assert window.earliest == berlin(24, 12, 50)


def test_grace_never_reaches_into_the_past() -> None:
    now = berlin(24, 12)
    assert booking_window(Policy(lead_minutes=5), now, BERLIN, grace=True).earliest == now


def test_the_last_day_belongs_to_the_window_until_its_local_midnight() -> None:
    window = booking_window(POLICY, berlin(24, 12), BERLIN)
    assert window.admits(datetime(2026, 12, 22, 23, 55, tzinfo=BERLIN), BERLIN)
    assert not window.admits(datetime(2026, 12, 23, 0, 0, tzinfo=BERLIN), BERLIN)


def test_a_lead_time_of_days_leaves_the_first_day_of_the_window_today() -> None:
    window = booking_window(Policy(lead_minutes=3 * 24 * 60), berlin(24, 12), BERLIN)
    assert window.first == date(2026, 11, 24)
    assert not window.admits(berlin(26, 12), BERLIN)


@pytest.mark.parametrize(
    ("policy", "now", "release"),
    [
        (POLICY, berlin(24, 6, 59), berlin(24, 7)),
        (POLICY, berlin(24, 7), berlin(25, 7)),
        (BATCH, berlin(23, 17), berlin(23, 18)),
        (BATCH, berlin(23, 18), berlin(30, 18)),
        (BATCH, berlin(29, 12), berlin(30, 18)),
    ],
)
def test_the_next_release_is_the_first_after_now(policy: Policy, now: datetime, release: datetime) -> None:
    assert next_release(policy, now, BERLIN) == release


def test_the_release_keeps_to_the_wall_clock_when_summer_time_ends() -> None:
    saturday = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert next_release(POLICY, saturday, BERLIN) == datetime(2026, 10, 25, 6, tzinfo=UTC)


@pytest.mark.parametrize("hours", range(24 * 9))
def test_the_window_only_ever_grows_at_a_release(hours: int) -> None:
    now = datetime(2027, 3, 25, tzinfo=UTC) + timedelta(hours=hours)
    for policy in (POLICY, BATCH):
        opening = next_release(policy, now, BERLIN)
        last = booking_window(policy, now, BERLIN).last
        assert opening > now
        assert booking_window(policy, opening - timedelta(seconds=1), BERLIN).last == last
        assert booking_window(policy, opening, BERLIN).last > last


def test_today_and_tomorrow_are_near() -> None:
    assert near_until(POLICY, berlin(24, 23), BERLIN) == berlin(26, 0)


def test_no_day_is_near_where_the_office_says_so() -> None:
    now = berlin(24, 0, 1)
    assert near_until(Policy(near_days=0), now, BERLIN) < now
