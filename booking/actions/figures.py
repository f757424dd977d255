"""Figures for those who run an office: a period's appointments, counted; five queries however many there are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from booking.actions.desks import ONLINE, day_bounds, day_range
from booking.actions.explain_day import clerks_of
from booking.actions.transaction import reads
from booking.errors import Fault, Invalid, NotCombinable, NotFound
from booking.extensions import db
from booking.models import Appointment, AppointmentClerk, AppointmentConcern
from booking.models.cells import CITIZEN, Words, taken_words
from booking.rules.availability import Desk, offered_starts
from booking.rules.blocks import Choice, block_span, blocks_on, closed_spans, open_cells
from booking.rules.catalogue import Catalogue, Clerk, Office
from booking.rules.figures import Case, OfficeFigures, figures_of
from booking.rules.lifecycle import UNBOOKED, Status
from booking.rules.orders import Visit, visit_at
from booking.rules.spans import Span, subtract
from booking.rules.stranding import RECEIVING
from booking.rules.windows import booking_window, near_until

LONGEST = timedelta(days=366)
FIELDS = ("id", "office_id", "status", "channel", "start", "end", "arrived_at", "created_at", "called_at", "served_at")
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
    cases = _cases(catalogue, offices, days)
    counted = [
        figures_of(office.id, cases[office.id], _open_hours(catalogue, office, days), zone=catalogue.zone, now=now)
        for office in offices
    ]
    return Figures(tuple(counted), _next_free(catalogue, offices, now=now))


def _cases(catalogue: Catalogue, offices: Sequence[Office], days: tuple[date, date]) -> Mapping[int, list[Case]]:
    wanted = _wanted(catalogue, offices, days)
    clerks, concerns = _parts(AppointmentClerk, "clerk_id", wanted), _parts(AppointmentConcern, "concern_id", wanted)
    found: dict[int, list[Case]] = defaultdict(list)
    for row in db.session.connection().execute(select(*(_at.c[name] for name in FIELDS)).where(wanted)):
        found[row.office_id].append(_case(row, clerks[row.id], concerns[row.id]))
    return found


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


def _parts(table: Any, name: str, wanted: ColumnElement[bool]) -> Mapping[int, list[int]]:
    of = table.metadata.tables[table.__tablename__]
    query = select(of.c.appointment_id, of.c[name]).join_from(of, _at, _at.c.id == of.c.appointment_id).where(wanted)
    found: dict[int, list[int]] = defaultdict(list)
    for appointment, part in db.session.connection().execute(query):
        found[appointment].append(part)
    return found


def _case(row: Row[Any], clerks: list[int], concerns: list[int]) -> Case:
    return Case(
        office=row.office_id,
        status=Status(row.status),
        channel=row.channel,
        span=Span(row.start, row.end) if row.start else None,
        arrived_at=row.arrived_at,
        created_at=row.created_at,
        called_at=row.called_at,
        served_at=row.served_at,
        clerks=tuple(clerks),
        concerns=tuple(concerns),
    )


def _open_hours(catalogue: Catalogue, office: Office, days: tuple[date, date]) -> Mapping[int, Sequence[Span]]:
    """Return when each clerk of an office was there for appointments of any kind."""
    return {clerk.id: _hours_of(catalogue, office, clerk, days) for clerk in clerks_of(catalogue, office)}


def _hours_of(catalogue: Catalogue, office: Office, clerk: Clerk, days: tuple[date, date]) -> list[Span]:
    table = catalogue.timetable
    mine = [block for block in table.blocks if block.clerk == clerk.id]
    opened: list[Span] = []
    for step in range((days[1] - days[0]).days + 1):
        day = days[0] + timedelta(days=step)
        here = [block for block in blocks_on(mine, day) if block.office == office.id and block.kind in RECEIVING]
        if here and day not in table.holidays:
            spans = (block_span(block, day, table.zone) for block in here)
            opened += subtract([span for span in spans if span], closed_spans(table, office.id, day))
    return subtract(opened, table.absences.get(clerk.id, ()))


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
