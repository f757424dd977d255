"""Changing the catalogue in the application: lock the town, change it, raise its revision, say whom that strands."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from booking.actions.locking import lock_town, raise_revision
from booking.catalogue.stranding import Stranded, outside_hours, upcoming
from booking.errors import NotFound, SharedClerk, Strands
from booking.extensions import db
from booking.models import Appointment, Block, Clerk, Municipality
from booking.models.reading import read_catalogue
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class Change:
    """A town under its lock, and which of its appointments had lost their clerk before."""

    town: Municipality
    appointments: list[Appointment]
    before: frozenset[Stranded]


def begin_change(by: Actor, *, now: datetime) -> Change:
    """Lock the municipality of whoever changes something in it, and all its offices."""
    town = lock_town(db.session.scalars(select(Municipality.slug).where(Municipality.id == by.municipality)).one())
    if town is None:
        raise NotFound("municipality")
    appointments = upcoming(town, now)
    return Change(town, appointments, frozenset(outside_hours(read_catalogue(town), appointments)))


def end_change(change: Change, *, accepts: int | None = None) -> tuple[Stranded, ...]:
    """Raise revision and versions; return the appointments that the change leaves without their clerk.

    Raises Strands, whereupon nothing is changed, if they are more than ``accepts`` (None: however many).
    """
    db.session.flush()
    raise_revision(change.town.slug)
    after = outside_hours(read_catalogue(change.town), change.appointments)
    stranded = tuple(one for one in after if one not in change.before)
    if accepts is not None and len(stranded) > accepts:
        raise Strands([one.reference for one in stranded])
    return stranded


def clerk_within_reach(by: Actor, slug: str, *, today: date) -> Clerk:
    """Return a clerk whose times somebody may change: one that works nowhere out of reach.

    One that works nowhere (yet) is everybody's. Raises NotFound, SharedClerk.
    """
    query = select(Clerk).where(Clerk.municipality_id == by.municipality, Clerk.slug == slug)
    clerk = db.session.scalars(query.options(selectinload(Clerk.blocks))).one_or_none()
    if clerk is None:
        raise NotFound("clerk")
    at = {block.office_id for block in clerk.blocks if not is_over(block, today)}
    if all(by.reaches(clerk.municipality_id, office) for office in at):
        return clerk
    raise SharedClerk if by.office in at else NotFound("clerk")


def is_over(block: Block, today: date) -> bool:
    """Whether a block has ended for good."""
    last = block.date or block.valid_to
    return last is not None and last < today
