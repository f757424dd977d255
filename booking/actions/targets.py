"""Where staff send an appointment, and why a clerk cannot have it there: what somebody at the counter can act on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.reach import row_for
from booking.actions.taking import is_away, span_of, visit_of
from booking.actions.transaction import reads
from booking.errors import ClerkTaken, StartTaken
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models.cells import next_taken
from booking.rules.catalogue import Catalogue
from booking.rules.orders import Visit
from booking.rules.roles import DAY, Actor
from booking.rules.secrets import speakable
from booking.rules.spans import Span, instant_of, on_grid
from booking.rules.stranding import is_shut
from booking.rules.texts import FALLBACK, word


@dataclass(frozen=True, slots=True)
class Target:
    """Where an appointment is to go. Without ``clerks`` (ids) the rules choose; ``outside`` the hours with a reason.

    ``knows`` tells that the person need not be called, because they asked for it.
    """

    start: datetime
    office: str
    clerks: frozenset[int] = frozenset()
    outside: bool = False
    reason: str = ""
    knows: bool = False


@reads
def why_taken(
    by: Actor, reference: str, *, target: Target, alternatives: Sequence[datetime], now: datetime
) -> StartTaken:
    """Say why an appointment cannot go there: of a chosen clerk what stands against it, else only that it is taken."""
    row = row_for(by, reference)
    catalogue = catalogue_by_id(row.municipality_id)
    chosen = target.clerks - {at.clerk_id for at in row.clerks} or target.clerks
    if not chosen:
        return StartTaken(alternatives)
    about, values = _hindrance(by, row, catalogue, target=target, clerk=min(chosen), now=now)
    return ClerkTaken(about, values, alternatives)


def _hindrance(
    by: Actor, row: Row, catalogue: Catalogue, *, target: Target, clerk: int, now: datetime
) -> tuple[str, Mapping[str, str]]:
    visit = visit_of(row, catalogue, catalogue.office(target.office).id, staff=True)
    named = {at.id: word(at.name, FALLBACK) for at in catalogue.clerks}
    says = {"clerk": named.get(clerk, "")}
    able = {at.id: at for at in visit.clerks}
    if clerk not in able:
        return "unable", says
    span = _span(row, visit, target.start, now)
    if is_shut(catalogue.timetable, visit.office.id, span):
        return "shut", says
    if is_away(catalogue, clerk, span):
        return "away", says
    after = timedelta(minutes=able[clerk].after_minutes)
    found = next_taken(clerk, Span(span.start, span.end + after).moments(), now=now, mine=row.id)
    if found is None:
        return "hours", says
    at = instant_of(found[0]).astimezone(catalogue.zone)
    return "busy", {**says, "at": f"{at:%H:%M}", "reference": _whom(by, found[1])}


def _span(row: Row, visit: Visit, wanted: datetime, now: datetime) -> Span:
    """Its own length where it stays at its office; one whose time has begun goes on from now."""
    start, end = span_of(row)
    stays = row.office_id == visit.office.id
    lasts = end - start if stays else timedelta(minutes=visit.minutes)
    begin = max(start, on_grid(now)) if stays and start == wanted else wanted
    return Span(begin, begin + lasts)


def _whom(by: Actor, reference: str) -> str:
    """Name who is there to whoever sees that office's day; to others, the phone among them, only that somebody is."""
    row = db.session.scalars(select(Row).where(Row.reference == reference)).one()
    if by.role not in DAY or not by.reaches(row.municipality_id, row.office_id):
        return "einen anderen Termin"
    return f"{row.name} ({speakable(reference)})" if row.name else f"Termin {speakable(reference)}"
