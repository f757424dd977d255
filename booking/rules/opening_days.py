"""On which days an office receives people, and when the sheet of such a day is written."""

from datetime import date, datetime, time, timedelta

from booking.rules.blocks import Timetable, block_span, blocks_on, closed_spans, instant_at
from booking.rules.spans import Span, merge, subtract

EVENING = time(18)  # the counter has closed; whoever opens tomorrow finds the sheet
DAY = timedelta(days=1)
LONGEST_REST = 366  # days without a single hour that we look across


def open_spans(timetable: Timetable, office: int, day: date) -> list[Span]:
    """Return when an office receives people on a day: blocks of every kind less closures; none on holidays.

    Absences count as open: whoever is ill has appointments all the same, and they must be on the sheet.
    """
    if day in timetable.holidays:
        return []
    blocks = (block for block in blocks_on(timetable.blocks, day) if block.office == office)
    spans = merge(span for block in blocks if (span := block_span(block, day, timetable.zone)))
    return subtract(spans, closed_spans(timetable, office, day))


def day_at_hand(timetable: Timetable, office: int, now: datetime) -> date | None:
    """Return the day whose sheet is wanted now: today until its last hours are over, then the next opening day."""
    today = now.astimezone(timetable.zone).date()
    for day in (today + DAY * count for count in range(LONGEST_REST)):
        if any(span.end > now for span in open_spans(timetable, office, day)):
            return day
    return None


def day_due(timetable: Timetable, office: int, now: datetime) -> date | None:
    """Return the day whose sheet is to be mailed now: from 18:00 on the evening before until the office opens.

    The wall clock counts, on both nights of the clock change too; whoever opens has the screen.
    """
    today = now.astimezone(timetable.zone).date()
    for day in (today, today + DAY):
        spans = open_spans(timetable, office, day)
        evening = instant_at(datetime.combine(day - DAY, EVENING), timetable.zone)
        if spans and evening <= now < spans[0].start:
            return day
    return None
