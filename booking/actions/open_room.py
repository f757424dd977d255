"""The waiting room's screen at its secret address: one SELECT tells whose it is and whether anything has changed."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from booking.actions.catalogues import glance
from booking.actions.open_feed import hash_of
from booking.actions.staff_sessions import PlaceState
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.models import Feed, Municipality, Office
from booking.rules.feeds import Shows


@dataclass(frozen=True, slots=True)
class Room:
    """The office (by slugs) whose calls an address shows, and how it stands."""

    town: str
    office: str
    zone: ZoneInfo
    state: PlaceState


@reads
def open_room(secret: str) -> Room:
    """Return whose screen a secret address is. Raises NotFound for what never was and what was revoked alike."""
    with glance() as connection:
        row = connection.execute(_ROOM, {"secret": hash_of(secret)}).one_or_none()
    if row is None:
        raise NotFound("room")
    return Room(row.town, row.office, ZoneInfo(row.timezone), PlaceState(row.id, row.version, row.revision))


_ROOM = (
    select(Municipality.slug.label("town"), Municipality.revision, Municipality.timezone)
    .add_columns(Office.slug.label("office"), Office.id, Office.version)
    .join(Office, Office.municipality_id == Municipality.id)
    .join(Feed, Feed.office_id == Office.id)
    .where(Feed.secret == bindparam("secret"), Feed.shows == Shows.NUMBERS, Feed.revoked_at.is_(None))
    .where(Office.active, Municipality.active)
)
