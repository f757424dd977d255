"""What staff may move an appointment to: other clerks at its time, and free times day by day at every able office."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from booking.actions.catalogues import catalogue_by_id
from booking.actions.desks import load_desks
from booking.actions.find_starts import NEAREST, by_day
from booking.actions.reach import row_for
from booking.actions.taking import span_of, visit_of
from booking.actions.transaction import reads
from booking.errors import StartTaken
from booking.models import Appointment as Row
from booking.models.cells import Owner
from booking.rules.availability import Desk, can_start, nearest_starts, offered_starts, possible_starts
from booking.rules.catalogue import Catalogue, Clerk, Office
from booking.rules.orders import Visit
from booking.rules.roles import Actor
from booking.rules.spans import on_grid
from booking.rules.windows import near_until

DAYS_SHOWN = 7
NEIGHBOURHOOD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An office's free times for an appointment: by local day, from the first day shown on; ``able`` clerks by hand.

    ``wasteful`` are the days on which all that is free leaves a useless rest: nothing is offered there unasked.
    """

    office: Office
    days: tuple[tuple[date, tuple[datetime, ...]], ...]
    able: tuple[Clerk, ...]
    wasteful: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """Where an appointment can go. ``swaps`` are whole sets of clerks at its own time: who would serve it then."""

    swaps: tuple[tuple[Clerk, frozenset[int]], ...]
    offices: tuple[Elsewhere, ...]
    first: date
    last: date

    def without(self, place: Elsewhere) -> list[date]:
        """Return the days shown on which an office has nothing free at all."""
        days = [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]
        return [day for day in days if day not in {each for each, _ in place.days} and day not in place.wasteful]


@reads
def offer_moves(by: Actor, reference: str, *, first: date, now: datetime, clerk: int | None = None) -> Ways:
    """Return where an appointment may be moved: swaps now, and the free times of a week from ``first`` on.

    With a ``clerk`` (id) the times are those at which that one is free.
    """
    row = row_for(by, reference)
    catalogue = catalogue_by_id(row.municipality_id)
    first = max(first, now.astimezone(catalogue.zone).date())
    last = first + timedelta(days=DAYS_SHOWN - 1)
    found = []
    for visit in _visits(by, row, catalogue):
        wanted = _with(visit, clerk)
        offered = _by_day(_starts(row, catalogue, wanted, (first, last), now), catalogue)
        possible = _by_day(_possible(row, catalogue, wanted, (first, last), now), catalogue)
        wasteful = tuple(day for day, _ in possible if day not in dict(offered))
        found.append(Elsewhere(visit.office, offered, visit.clerks, wasteful))
    return Ways(_swaps(row, catalogue, now), tuple(found), first, last)


@reads
def offer_whole_day(by: Actor, reference: str, *, day: date, now: datetime, clerk: int | None = None) -> Ways:
    """Return the same for one day, with every start that is possible there, useless rests or not."""
    row = row_for(by, reference)
    catalogue = catalogue_by_id(row.municipality_id)
    day = max(day, now.astimezone(catalogue.zone).date())
    found = []
    for visit in _visits(by, row, catalogue):
        possible = _possible(row, catalogue, _with(visit, clerk), (day, day), now)
        found.append(Elsewhere(visit.office, _by_day(possible, catalogue), visit.clerks))
    return Ways(_swaps(row, catalogue, now), tuple(found), day, day)


@reads
def nearest_for_staff(
    by: Actor, reference: str, office: str, *, start: datetime, now: datetime, clerk: int | None = None
) -> list[datetime]:
    """Return the starts nearest to one that could not be had (with that ``clerk``), on the office's wall clock."""
    row = row_for(by, reference)
    catalogue = catalogue_by_id(row.municipality_id)
    visit = _visit(row, catalogue, catalogue.office(office))
    if visit is None:
        return []
    today = now.astimezone(catalogue.zone).date()
    first, last = ((start + step).astimezone(catalogue.zone).date() for step in (-NEIGHBOURHOOD, NEIGHBOURHOOD))
    starts = _starts(row, catalogue, _with(visit, clerk), (max(first, today), max(last, today)), now)
    return [datetime.fromtimestamp(moment, catalogue.zone) for moment in nearest_starts(starts, start, NEAREST)]


def _visits(by: Actor, row: Row, catalogue: Catalogue) -> list[Visit]:
    """Return how every office in reach would serve it, its own first."""
    offices = [office for office in catalogue.open_offices if by.reaches(catalogue.id, office.id)]
    found = [visit for visit in (_visit(row, catalogue, office) for office in offices) if visit]
    return sorted(found, key=lambda visit: visit.office.id != row.office_id)


def _visit(row: Row, catalogue: Catalogue, office: Office) -> Visit | None:
    try:
        return visit_of(row, catalogue, office.id, staff=True)
    except StartTaken:
        return None


def _with(visit: Visit, clerk: int | None) -> Visit:
    """Leave only one clerk to serve it; nobody, if that one is not able."""
    return visit if clerk is None else replace(visit, clerks=tuple(at for at in visit.clerks if at.id == clerk))


def _minutes(row: Row, visit: Visit) -> int:
    """Where it stays at its office it keeps its length: somebody may have extended it."""
    start, end = span_of(row)
    return int((end - start).total_seconds()) // 60 if visit.office.id == row.office_id else visit.minutes


def _starts(row: Row, catalogue: Catalogue, visit: Visit, days: tuple[date, date], now: datetime) -> Sequence[int]:
    found = offered_starts(
        _desks(row, catalogue, visit, days, now),
        minutes=_minutes(row, visit),
        useful_rest_minutes=visit.policy.useful_rest_minutes,
        lenient_before=near_until(visit.policy, now, catalogue.zone),
        earliest=now,
    )
    return _elsewhere(row, visit, found)


def _possible(row: Row, catalogue: Catalogue, visit: Visit, days: tuple[date, date], now: datetime) -> Sequence[int]:
    desks = _desks(row, catalogue, visit, days, now)
    return _elsewhere(row, visit, possible_starts(desks, minutes=_minutes(row, visit), earliest=now))


def _desks(row: Row, catalogue: Catalogue, visit: Visit, days: tuple[date, date], now: datetime) -> list[Desk]:
    return load_desks(catalogue, visit, days, now=now, owner=Owner(staff=True, takes_held=True, mover=row.id))


def _elsewhere(row: Row, visit: Visit, starts: Sequence[int]) -> list[int]:
    here = int(row.start.timestamp()) if row.start and visit.office.id == row.office_id else None
    return [moment for moment in starts if moment != here]


def _by_day(starts: Sequence[int], catalogue: Catalogue) -> tuple[tuple[date, tuple[datetime, ...]], ...]:
    return tuple((day, tuple(times)) for day, times in by_day(starts, catalogue))


def _swaps(row: Row, catalogue: Catalogue, now: datetime) -> tuple[tuple[Clerk, frozenset[int]], ...]:
    """Whoever is able and free at the appointment's own time; one whose time has begun goes on from now."""
    visit = _visit(row, catalogue, catalogue.office(row.office_id))
    if visit is None:
        return ()
    start, end = span_of(row)
    minutes = int((end - start).total_seconds()) // 60
    start = max(start, on_grid(now))
    day = start.astimezone(catalogue.zone).date()
    owner = Owner(staff=True, takes_held=True, mover=row.id)
    desks = {desk.clerk: desk for desk in load_desks(catalogue, visit, (day, day), now=now, owner=owner)}
    present = {at.clerk_id for at in row.clerks}
    others = [at for at in visit.clerks if at.id not in present and can_start(desks[at.id], start, minutes)]
    if len(present) <= 1:
        return tuple((other, frozenset({other.id})) for other in others)
    return tuple((other, frozenset(present - {left} | {other.id})) for other in others for left in sorted(present))
