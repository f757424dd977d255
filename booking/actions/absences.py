"""Entering, ending and deleting the absences of clerks. No reason is asked or kept: reasons are health data."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from booking.actions.audit import record, recorded
from booking.actions.changing import begin_change, clerk_within_reach, end_change
from booking.actions.transaction import reads, writes
from booking.catalogue.stranding import Stranded
from booking.errors import Fault, Invalid, NotFound
from booking.extensions import db
from booking.models import Absence, Clerk
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue
from booking.rules.roles import Actor
from booking.rules.spans import Span


@dataclass(frozen=True, slots=True)
class Times:
    """Days from ``first`` to ``last`` inclusive; from ``start`` on the first and until ``end`` on the last, if told."""

    first: date
    last: date
    start: time | None = None
    end: time | None = None

    def span(self, zone: ZoneInfo) -> Span:
        """Return the span on this wall clock. Raises Invalid if it ends before it begins."""
        if self.last < self.first:
            raise Invalid(Fault("/last", "before-first"))
        begin = instant_at(datetime.combine(self.first, self.start or MIDNIGHT), zone)
        after = datetime.combine(self.last, self.end) if self.end else _midnight_after(self.last)
        end = instant_at(after, zone, later=True)
        if end <= begin:
            raise Invalid(Fault("/end", "before-start"))
        return Span(begin, end)


@dataclass(frozen=True, slots=True)
class Away:
    """A stored absence; the times are on the local wall clock."""

    id: int
    clerk: int
    start: datetime
    end: datetime


@reads
def absences_of(catalogue: Catalogue, clerks: Collection[int], *, now: datetime) -> Sequence[Away]:
    """Return the absences of some clerks that are not over, in order."""
    mine = select(Absence).where(Absence.clerk_id.in_(clerks), Absence.end > now)
    return [
        Away(row.id, row.clerk_id, row.start.astimezone(catalogue.zone), row.end.astimezone(catalogue.zone))
        for row in db.session.scalars(mine.order_by(Absence.start, Absence.id))
    ]


@writes
def enter_absence(
    by: Actor, clerks: Collection[str], times: Times, *, now: datetime, accepts: int | None = None
) -> tuple[Stranded, ...]:
    """Say when clerks (by slug) are away; nobody books them from now on. Return which appointments that strands.

    Raises Invalid (no clerk, backward, over), NotFound, SharedClerk, Strands for more than ``accepts`` (None: never).
    """
    change = begin_change(by, now=now)
    zone = ZoneInfo(change.town.timezone)
    span = times.span(zone)
    if not clerks:
        raise Invalid(Fault("/clerk", "choose"))
    if span.end <= now:
        raise Invalid(Fault("/last", "over"))
    today = now.astimezone(zone).date()
    rows = [clerk_within_reach(by, slug, today=today) for slug in sorted(set(clerks))]
    for row in rows:
        _enter(by, row, span, now=now)
    return end_change(change, accepts=accepts, clerks=[row.id for row in rows])


@writes
def end_absence(by: Actor, absence: int, *, now: datetime) -> None:
    """Let a clerk be there again from now on; an absence that has not begun is as if it had never been entered."""
    change = begin_change(by, now=now)
    if any(details.get("absence") == absence for details in recorded(by, "absence-ended", now=now).values()):
        return
    row, clerk = _absence(by, absence, now.astimezone(ZoneInfo(change.town.timezone)).date())
    if row.start >= now:
        db.session.delete(row)
    else:
        row.end = min(row.end, now)
    record(by, "absence-ended", f"clerk {clerk.slug}", now=now, office=by.office, absence=absence)
    end_change(change, clerks=[])


@writes
def erase_absences(municipality: int, days: int, *, now: datetime) -> None:
    """Erase what ended longer ago: when somebody was away is their own data. It strands and frees nothing any more."""
    mine = select(Clerk.id).where(Clerk.municipality_id == municipality)
    overdue = (Absence.clerk_id.in_(mine), Absence.end < now - timedelta(days=days))
    db.session.execute(delete(Absence).where(*overdue))


def _enter(by: Actor, clerk: Clerk, span: Span, *, now: datetime) -> None:
    """Who presses the button twice enters one absence."""
    known = (Absence.clerk_id == clerk.id, Absence.start <= span.start, Absence.end >= span.end)
    if db.session.scalars(select(Absence.id).where(*known).limit(1)).first():
        return
    row = Absence(clerk_id=clerk.id, start=span.start, end=span.end)
    db.session.add(row)
    db.session.flush()
    record(by, "absence-entered", f"clerk {clerk.slug}", now=now, office=by.office, absence=row.id)


def _absence(by: Actor, absence: int, today: date) -> tuple[Absence, Clerk]:
    found = select(Absence, Clerk.slug).join(Clerk, Clerk.id == Absence.clerk_id)
    row = db.session.execute(found.where(Absence.id == absence, Clerk.municipality_id == by.municipality)).one_or_none()
    if row is None:
        raise NotFound("absence")
    return row[0], clerk_within_reach(by, row[1], today=today)


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), MIDNIGHT)
