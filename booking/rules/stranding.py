"""Which appointments a closure, an absence or other hours leave without their clerk, and why."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from booking.rules.blocks import BlockKind, Choice, Timetable, blocks_on, closed_spans, day_spans
from booking.rules.lifecycle import Status
from booking.rules.spans import Span, subtract

RECEIVING = frozenset({BlockKind.ONLINE, BlockKind.STAFF})
# Who is called or served has a clerk in front of them, whatever the timetable says.
CAN_STRAND = frozenset({Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN})
MOMENT = timedelta(microseconds=1)


class Cause(StrEnum):
    """Why an appointment cannot take place as agreed, in the order in which it is looked for."""

    CLOSED = "closed"
    ABSENT = "absent"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and when an appointment is, with whom and for which concerns (ids).

    ``is_extra`` tells that staff chose a time outside the clerk's hours on purpose: neither blocks nor a holiday
    strand it then, but what keeps the clerk away or the office shut does.
    """

    office: int
    span: Span
    clerks: tuple[int, ...]
    concerns: frozenset[int]
    is_extra: bool = False


def why_stranded(timetable: Timetable, placed: Placed) -> Cause | None:
    """Return why this appointment cannot take place, or None if nothing stands against it."""
    days = _days(timetable, placed.span)
    if _is_shut(timetable, placed, days):
        return Cause.CLOSED
    if any(away.overlaps(placed.span) for clerk in placed.clerks for away in timetable.absences.get(clerk, ())):
        return Cause.ABSENT
    if placed.is_extra:
        return None
    choice = Choice(placed.office, placed.concerns, RECEIVING)
    covered = all(_receives(timetable, clerk, choice, days, placed.span) for clerk in placed.clerks)
    return None if covered and placed.clerks else Cause.OUTSIDE


def is_shut(timetable: Timetable, office: int, span: Span) -> bool:
    """Whether a closure lies in this span; nobody is booked into one, for whatever reason."""
    return any(shut.overlaps(span) for day in _days(timetable, span) for shut in closed_spans(timetable, office, day))


def _days(timetable: Timetable, span: Span) -> tuple[date, ...]:
    """Return the local days that a span touches; one that ends at midnight does not touch the next."""
    first, last = (moment.astimezone(timetable.zone).date() for moment in (span.start, span.end - MOMENT))
    return (first,) if first == last else (first, last)


def _is_shut(timetable: Timetable, placed: Placed, days: tuple[date, ...]) -> bool:
    if not placed.is_extra and any(day in timetable.holidays for day in days):
        return True
    return is_shut(timetable, placed.office, placed.span)


def _receives(timetable: Timetable, clerk: int, choice: Choice, days: tuple[date, ...], span: Span) -> bool:
    hours = [each for day in days for each in _hours(timetable, clerk, choice, day)]
    return not subtract([span], hours)


@lru_cache(maxsize=8192)
def _hours(timetable: Timetable, clerk: int, choice: Choice, day: date) -> tuple[Span, ...]:
    """Return a clerk's blocks of a day for a choice; kept, because a list asks for many appointments of one day."""
    mine = [block for block in timetable.blocks if block.clerk == clerk]
    return tuple(day_spans(blocks_on(mine, day), day, choice=choice, zone=timetable.zone))
