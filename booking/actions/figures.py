"""Figures for those who run an office: a period's appointments, counted; seven queries however many there are.

What has been erased meanwhile is read from the counts that stayed: the numbers are the same before and after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_

from booking.actions.cases import cases_where, kept_of, open_hours
from booking.actions.desks import ONLINE, day_bounds, day_range
from booking.actions.transaction import reads
from booking.errors import Fault, Invalid, NotCombinable, NotFound
from booking.models import Appointment
from booking.models.cells import CITIZEN, Words, taken_words
from booking.rules.availability import Desk, offered_starts
from booking.rules.blocks import Choice, open_cells
from booking.rules.catalogue import Catalogue, Office
from booking.rules.figures import NOBODY, OfficeFigures, figures_of
from booking.rules.lifecycle import UNBOOKED
from booking.rules.orders import Visit, visit_at
from booking.rules.windows import booking_window, near_until

LONGEST = timedelta(days=366)
_at = Appointment.metadata.tables[Appointment.__tablename__]


@dataclass(frozen=True, slots=True)
class Figures:
    """A period's figures by office; ``next_free`` says in how many days citizens find a time, None for not at all."""

    offices: tuple[OfficeFigures, ...]
    next_free: Mapping[tuple[int, int], int | None]


@reads
def count_figures(
    catalogue: Catalogue, offices: Sequence[Office], days: tuple[date, date], *, now: datetime
) -> Figures:
    """Count what was to be on these local days (both included) at these offices.

    ``next_free`` is by office and concern (ids), as things stand now. Raises Invalid (period), Unavailable.
    """
    first, last = days
    if not timedelta() <= last - first <= LONGEST:
        raise Invalid(Fault("/last", "period"))
    cases, kept = cases_where(_wanted(catalogue, offices, days)), kept_of(offices, days)
    counted = [
        figures_of(
            office.id,
            cases[office.id],
            open_hours(catalogue, office, days),
            zone=catalogue.zone,
            now=now,
            kept=kept.get(office.id, NOBODY),
        )
        for office in offices
    ]
    return Figures(tuple(counted), _next_free(catalogue, offices, now=now))


def _wanted(catalogue: Catalogue, offices: Sequence[Office], days: tuple[date, date]) -> ColumnElement[bool]:
    """What was never confirmed was nobody's appointment; a hold at the phone neither."""
    (begin, _), (_, end) = day_bounds(catalogue, days[0]), day_bounds(catalogue, days[1])
    waits = and_(_at.c.start.is_(None), _at.c.arrived_at >= begin, _at.c.arrived_at < end)
    return and_(
        _at.c.office_id.in_([office.id for office in offices]),
        _at.c.status.not_in([status.value for status in UNBOOKED]),
        _at.c.confirmed_at.is_not(None),
        or_(and_(_at.c.start >= begin, _at.c.start < end), waits),
    )


def _next_free(
    catalogue: Catalogue, offices: Sequence[Office], *, now: datetime
) -> Mapping[tuple[int, int], int | None]:
    """Return in how many days each concern has a free time for citizens, from one look at everybody's cells."""
    today = now.astimezone(catalogue.zone).date()
    visits = [visit for office in offices for visit in _visits(catalogue, office)]
    windows = {id(visit): booking_window(visit.policy, now, catalogue.zone) for visit in visits}
    if not visits:
        return {}
    last = max(window.last for window in windows.values())
    clerks = sorted({clerk.id for visit in visits for clerk in visit.clerks})
    owner = CITIZEN._replace(delay=max(visit.policy.release_delay for visit in visits))
    taken = taken_words(clerks, day_range(catalogue, (today, last)), now=now, owner=owner)
    return {
        (visit.office.id, concern): None if start is None else (start.date() - today).days
        for visit in visits
        for concern in visit.concern_ids
        for start in [_first_start(catalogue, visit, taken, now=now)]
    }


def _visits(catalogue: Catalogue, office: Office) -> list[Visit]:
    found = []
    for concern in catalogue.open_concerns:
        try:
            found.append(visit_at(catalogue, office, [(concern, 1)]))
        except (NotFound, NotCombinable):
            continue
    return found


def _first_start(catalogue: Catalogue, visit: Visit, taken: Mapping[int, Words], *, now: datetime) -> datetime | None:
    window = booking_window(visit.policy, now, catalogue.zone)
    choice, days = Choice(visit.office.id, visit.concern_ids, ONLINE), (window.first, window.last)
    desks = [
        Desk(at.id, at.after_minutes, open_cells(catalogue.timetable, at.id, choice=choice, days=days), taken[at.id])
        for at in visit.clerks
    ]
    starts = offered_starts(
        desks,
        minutes=visit.minutes,
        useful_rest_minutes=visit.policy.useful_rest_minutes,
        lenient_before=near_until(visit.policy, now, catalogue.zone),
        earliest=window.earliest,
    )
    return datetime.fromtimestamp(starts[0], catalogue.zone) if starts else None
