"""When to remind: the working day before, at nine on the office's wall clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from booking.rules.blocks import Closure, Timetable
from booking.rules.reminders import is_working_day, last_day_to_remind_of, reminder_moment

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE, OTHER = 1, 2
TIMETABLE = Timetable(
    BERLIN,
    blocks=(),
    closures=(
        Closure(OFFICE, date(2026, 12, 24), date(2026, 12, 24)),
        Closure(None, date(2026, 11, 19), date(2026, 11, 19)),
        Closure(OTHER, date(2026, 11, 24), date(2026, 11, 24)),
        Closure(OFFICE, date(2026, 11, 25), date(2026, 11, 25), start=time(12)),
    ),
    holidays={date(2026, 12, 25): {"de": "1. Weihnachtstag"}},
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "moment", "why"),
    [
        ("2026-11-26T08:30", "2026-11-25T09:00", "the day before; it is shut only for a part of it"),
        ("2026-11-23T08:30", "2026-11-20T09:00", "the weekend lies between"),
        ("2026-11-20T08:30", "2026-11-18T09:00", "the whole municipality is shut on the 19th"),
        ("2026-11-25T08:30", "2026-11-24T09:00", "another office's closure does not matter"),
        ("2026-12-28T08:30", "2026-12-23T09:00", "Christmas and a weekend"),
        ("2026-10-26T08:30", "2026-10-23T09:00", "the clocks change on the 25th"),
        ("2026-03-30T08:30", "2026-03-27T09:00", "and on 29 March"),
    ],
)
def test_the_reminder_comes_on_the_working_day_before(start: str, moment: str, why: str) -> None:
    assert reminder_moment(TIMETABLE, OFFICE, local(start).astimezone(UTC)) == local(moment), why


@pytest.mark.parametrize(
    ("now", "last"),
    [("2026-11-20T10:00", "2026-11-23"), ("2026-12-23T09:00", "2026-12-28"), ("2026-11-23T00:01", "2026-11-24")],
)
def test_no_reminder_is_due_beyond_the_next_working_day(now: str, last: str) -> None:
    assert last_day_to_remind_of(TIMETABLE, OFFICE, local(now)) == date.fromisoformat(last)


def test_an_office_that_never_opens_again_still_has_a_day_before() -> None:
    shut = Timetable(BERLIN, blocks=(), closures=(Closure(None, date(2020, 1, 1), date(2030, 1, 1)),))
    assert not is_working_day(shut, OFFICE, date(2026, 11, 24))
    assert reminder_moment(shut, OFFICE, local("2026-11-26T08:30")) == local("2026-11-25T09:00")
    assert last_day_to_remind_of(shut, OFFICE, local("2026-11-26T08:30")) == date(2026, 11, 27)
