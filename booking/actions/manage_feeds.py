"""The secret addresses of an office, feeds and the waiting room's screen: making one, listing them, revoking one."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import func, select

from booking.actions.audit import record
from booking.actions.catalogues import catalogue_by_id
from booking.actions.open_feed import hash_of
from booking.actions.transaction import reads, writes
from booking.errors import Fault, Invalid, NotFound
from booking.extensions import db
from booking.models import Feed, Office
from booking.rules.feeds import Shows
from booking.rules.roles import Actor
from booking.rules.texts import FALLBACK, word

MOST = 50  # of one office; whoever needs more has forgotten to revoke


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed as managers see it: without its address, which nobody can tell any more. ``clerk`` is empty for all."""

    id: int
    clerk: str
    shows: Shows
    created_at: datetime


@reads
def list_feeds(office: int, *, by: Actor) -> list[FeedLine]:
    """Return an office's feeds that are not revoked, the oldest first. Raises NotFound out of reach."""
    _check_reach(by, office)
    names = {clerk.id: word(clerk.name, FALLBACK) for clerk in catalogue_by_id(by.municipality).clerks}
    rows = db.session.scalars(select(Feed).where(Feed.office_id == office, Feed.revoked_at.is_(None)).order_by(Feed.id))
    return [
        FeedLine(row.id, names.get(row.clerk_id, "früherer Platz") if row.clerk_id else "", Shows(row.shows), at)
        for row in rows
        if (at := row.created_at)
    ]


@writes
def make_feed(office: int, *, clerk: str, shows: str, by: Actor, now: datetime) -> str:
    """Make a feed of an office, or of one clerk (by slug); return the secret of its address: shown once, never again.

    One that shows numbers is the screen of the whole waiting room. Raises NotFound out of reach, Invalid for an unknown
    clerk or detail, or when there are too many.
    """
    _check_reach(by, office)
    if shows not in set(Shows):
        raise Invalid(Fault("/shows", "feed.shows"))
    if clerk and shows == Shows.NUMBERS:
        raise Invalid(Fault("/clerk", "feed.clerk"))
    if _count(office) >= MOST:
        raise Invalid(Fault("/clerk", "feed.too-many", {"most": MOST}))
    secret = token_urlsafe(24)  # 192 bits: no guess needs to be counted
    row = Feed(secret=hash_of(secret), office_id=office, clerk_id=_clerk(by, office, clerk), shows=shows)
    row.created_at = now
    db.session.add(row)
    db.session.flush()
    record(by, f"{_kind(row)}-made", f"{_kind(row)} {row.id}", now=now, office=office, shows=shows, clerk=clerk)
    return secret


@writes
def revoke_feed(feed: int, *, office: int, by: Actor, now: datetime) -> None:
    """Revoke a feed: its address answers like one that never was. Raises NotFound; repeating it changes nothing."""
    _check_reach(by, office)
    row = db.session.scalars(select(Feed).where(Feed.id == feed, Feed.office_id == office).with_for_update()).first()
    if row is None:
        raise NotFound("feed")
    if row.revoked_at is None:
        row.revoked_at = now
        record(by, f"{_kind(row)}-revoked", f"{_kind(row)} {row.id}", now=now, office=office)


def _kind(row: Feed) -> str:
    """Return what the log calls an address."""
    return "screen" if row.shows == Shows.NUMBERS else "feed"


def _check_reach(by: Actor, office: int) -> None:
    row = db.session.get(Office, office)
    if row is None or not by.reaches(row.municipality_id, office):
        raise NotFound("office")


def _count(office: int) -> int:
    asked = select(func.count(Feed.id)).where(Feed.office_id == office, Feed.revoked_at.is_(None))
    return db.session.scalar(asked) or 0


def _clerk(by: Actor, office: int, slug: str) -> int | None:
    if not slug:
        return None
    catalogue = catalogue_by_id(by.municipality)
    here = {block.clerk for block in catalogue.blocks if block.office == office}
    found = [clerk.id for clerk in catalogue.clerks if clerk.slug == slug and clerk.id in here]
    if not found:
        raise Invalid(Fault("/clerk", "feed.clerk"))
    return found[0]
