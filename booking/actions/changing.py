"""Changing the catalogue in the application: lock the town, change it, raise its revision, say whom that strands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from booking.actions.catalogues import SLUG, State, catalogue_at
from booking.actions.locking import lock_town, raise_revision
from booking.catalogue.stranding import Stranded, newly_stranded
from booking.errors import NotFound, SharedClerk, Strands
from booking.extensions import db
from booking.models import Block, Clerk, Municipality
from booking.models.reading import read_catalogue
from booking.rules.catalogue import Catalogue
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class Change:
    """A town under its lock, and its catalogue as it was before."""

    town: Municipality
    before: Catalogue
    now: datetime


def begin_change(by: Actor, *, now: datetime) -> Change:
    """Lock the municipality of whoever changes something in it, and all its offices."""
    town = lock_town(db.session.scalars(select(Municipality.slug).where(Municipality.id == by.municipality)).one())
    if town is None:
        raise NotFound("municipality")
    return Change(town, catalogue_at(town.slug, State(town.revision, {})), now)


def end_change(
    change: Change, *, accepts: int | None = None, clerks: Collection[int] | None = None
) -> tuple[Stranded, ...]:
    """Raise revision and versions; return the appointments that the change leaves without their clerk.

    ``clerks`` are those whose times were changed (None: anybody's). Raises Strands, whereupon nothing is changed, if
    more appointments than ``accepts`` are stranded (None: however many).
    """
    db.session.flush()
    raise_revision(change.town.slug)
    stranded = newly_stranded(change.before, read_catalogue(change.town), now=change.now, clerks=clerks)
    if accepts is not None and len(stranded) > accepts:
        raise Strands([one.reference for one in stranded])
    return stranded


def clerk_within_reach(by: Actor, slug: str, *, today: date) -> Clerk:
    """Return a clerk whose times somebody may change: one that works nowhere out of reach.

    One that works nowhere (yet) is everybody's. Raises NotFound, SharedClerk.
    """
    if not SLUG.fullmatch(slug):
        raise NotFound("clerk")  # PostgreSQL would not even compare a text with a NUL in it
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
