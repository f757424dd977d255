"""When to remind: on the working day before, in the morning."""

from datetime import date, datetime, time, timedelta

from booking.rules.blocks import Timetable, instant_at

AT = time(9)
DAY = timedelta(days=1)
LONGEST_REST = 60  # days without a working day that we look across


def reminder_moment(timetable: Timetable, office: int, start: datetime) -> datetime:
    """Return when to remind of a start: nine o'clock local time on the office's last working day before it."""
    day = start.astimezone(timetable.zone).date()
    before = next((past for past in _steps(day, -DAY) if is_working_day(timetable, office, past)), day - DAY)
    return instant_at(datetime.combine(before, AT), timetable.zone)


def last_day_to_remind_of(timetable: Timetable, office: int, now: datetime) -> date:
    """Return the first working day after today: reminders of later appointments are not due yet."""
    today = now.astimezone(timetable.zone).date()
    return next((day for day in _steps(today, DAY) if is_working_day(timetable, office, day)), today + DAY)


def is_working_day(timetable: Timetable, office: int, day: date) -> bool:
    """Whether people work there: no weekend, no holiday, not shut for the whole day."""
    saturday = 5
    if day.weekday() >= saturday or day in timetable.holidays:
        return False
    return not any(
        closure.first <= day <= closure.last and closure.start is None and closure.end is None
        for closure in timetable.closures
        if closure.office in {None, office}
    )


def _steps(day: date, step: timedelta) -> list[date]:
    return [day + step * count for count in range(1, LONGEST_REST + 1)]
