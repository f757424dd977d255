"""Other places for an appointment that cannot stay where it is: who could serve it, when and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.actions.desks import load_desks, load_of
from booking.actions.taking import span_of
from booking.errors import NotCombinable, NotFound
from booking.models import Appointment as Row
from booking.models.cells import Owner
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue, Office
from booking.rules.orders import Visit, visit_at
from booking.rules.relocating import NEAR_DAYS, Need, Wish, crew, nearest
from booking.rules.spans import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A time at an office, and the clerks (ids) who are free for all of it."""

    visit: Visit
    span: Span
    clerks: tuple[int, ...]


def same_time(row: Row, catalogue: Catalogue, *, now: datetime) -> Place | None:
    """Return who else at its office could serve it at its own time; staff blocks and held times count, too."""
    start, end = span_of(row)
    for visit in _visits(row, catalogue, [catalogue.office(row.office_id)]):
        day = start.astimezone(catalogue.zone).date()
        desks = load_desks(catalogue, visit, (day, day), now=now, owner=_for_staff(row))
        chosen = crew(desks, start, _need(row, visit), load=load_of(desks))
        if chosen is not None:
            return Place(visit, Span(start, end), tuple(chosen))
    return None


def soonest(row: Row, catalogue: Catalogue, *, now: datetime) -> Place | None:
    """Return the free time nearest to its own: at its office if there is any in the next days, else at another one."""
    here = catalogue.office(row.office_id)
    others = [office for office in catalogue.open_offices if office.id != here.id]
    for visit in _visits(row, catalogue, [here, *others]):
        found = _nearest_at(row, catalogue, visit, now)
        if found is not None:
            return found
    return None


def _nearest_at(row: Row, catalogue: Catalogue, visit: Visit, now: datetime) -> Place | None:
    start, _ = span_of(row)
    zone, need = catalogue.zone, _need(row, visit)
    today, last = now.astimezone(zone).date(), start.astimezone(zone).date() + timedelta(days=NEAR_DAYS)
    desks = load_desks(catalogue, visit, (today, last), now=now, owner=_for_staff(row))
    until = instant_at(datetime.combine(last + timedelta(days=1), MIDNIGHT), zone)
    found = nearest(desks, need, Wish(start, now + visit.policy.lead, until), now=now)
    chosen = None if found is None else crew(desks, found, need, load=load_of(desks))
    if found is None or chosen is None:
        return None
    return Place(visit, Span(found, found + timedelta(minutes=need.minutes)), tuple(chosen))


def _need(row: Row, visit: Visit) -> Need:
    """What it takes there: at its own office the time that was agreed, though the catalogue's may have changed."""
    start, end = span_of(row)
    minutes = int((end - start).total_seconds()) // 60 if visit.office.id == row.office_id else visit.minutes
    present = frozenset(at.clerk_id for at in row.clerks)
    return Need(minutes, max(1, len(present)), present, visit.policy.useful_rest_minutes)


def _visits(row: Row, catalogue: Catalogue, offices: list[Office]) -> Iterator[Visit]:
    """Say how these offices would serve it: what citizens book online need not be offered to staff, too."""
    concerns = [(catalogue.concern(at.concern_id), at.quantity) for at in row.concerns]
    for office in offices:
        if not office.active:
            continue
        for staff in (True, False):
            try:
                yield visit_at(catalogue, office, concerns, staff=staff)
            except (NotFound, NotCombinable):
                continue
            break


def _for_staff(row: Row) -> Owner:
    return Owner(staff=True, takes_held=True, mover=row.id)
