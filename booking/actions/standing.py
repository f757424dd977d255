"""What a booking finds under the lock, in one SELECT: the catalogue's revision, its own replay, what else is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, ScalarSelect, and_, bindparam, func, or_, select

from booking.actions.keys import CONTACT, Hashes, Keys, hash_before, hashes, kept_keys, network_purpose, read_keys
from booking.actions.replays import Kept
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment, ContactBlock, ErasedBooking, Guard, HashKey, Municipality, Replay
from booking.models.types import Instant
from booking.rules.appointments import Order
from booking.rules.lifecycle import CancelledBy, Status
from booking.rules.limits import BY_CITIZENS, COUNTS

_towns, _replays, _appointments, _keys, _guards, _blocks, _erased = (
    table.metadata.tables[table.__tablename__]
    for table in (Municipality, Replay, Appointment, HashKey, Guard, ContactBlock, ErasedBooking)
)
_NOW = bindparam("now", type_=Instant)
_MINE: Mapping[str, list[BindParameter[str]]] = {  # who booked before midnight (UTC) is known by the hash of that day
    "contact": [bindparam("contact")],
    "network": [bindparam("network"), bindparam("network_before")],
}


def _open_by(column: str) -> ScalarSelect[int]:
    """Count the town's bookings of whoever has this hash: unconfirmed or declined, or given back a moment ago.

    Declined is what has expired before its time. What citizens cancel or erase counts for an hour: who books
    and cancels in turn holds times, and fills the hour's traffic, as well as who does not.

    Exact among offices that share a clerk: one lock keeps them apart. On PostgreSQL each of the others may admit the
    last one, if all book within the same milliseconds.
    """
    at = _appointments.c
    is_waiting = or_(at.status == Status.PENDING.value, at.status == Status.EXPIRED.value)
    is_open = and_(is_waiting, at.confirm_by > _NOW)
    given_back = and_(at.status == Status.CANCELLED.value, at.cancelled_by == CancelledBy.CITIZEN.value)
    is_new = and_(at.channel.in_(BY_CITIZENS), at.created_at > bindparam("lately", type_=Instant))
    mine = (at.municipality_id == _towns.c.id, at[column].in_(_MINE[column]))
    return select(func.count()).where(*mine, or_(is_open, and_(given_back, is_new))).correlate(_towns).scalar_subquery()


def _erased_by(column: str) -> ScalarSelect[int]:
    mine = (_erased.c.municipality_id == _towns.c.id, _erased.c[column].in_(_MINE[column]))
    return select(func.count()).where(*mine, _erased.c.until > _NOW).correlate(_towns).scalar_subquery()


def _key_of(purpose: BindParameter[str] | str) -> ScalarSelect[bytes]:
    return select(_keys.c.key).where(_keys.c.purpose == purpose).scalar_subquery()


_guarded_until = select(_guards.c.until).where(_guards.c.office_id == bindparam("office")).scalar_subquery()
_blocked_until = (
    select(_blocks.c.until)
    .where(_blocks.c.municipality_id == _towns.c.id, _blocks.c.contact == bindparam("contact"))
    .correlate(_towns)
    .scalar_subquery()
)
_mine = and_(
    _replays.c.municipality_id == _towns.c.id,
    _replays.c.route == bindparam("route"),
    _replays.c.key == bindparam("key"),
)
_STANDING = (
    select(
        _towns.c.revision,
        _replays.c.body,
        _replays.c.appointment_id,
        _key_of(CONTACT).label("contact_key"),
        _key_of(bindparam("today")).label("network_key"),
        (_open_by("contact") + _erased_by("contact")).label("of_contact"),
        (_open_by("network") + _erased_by("network")).label("of_network"),
        _guarded_until.label("guarded_until"),
        _blocked_until.label("blocked_until"),
    )
    .join_from(_towns, _replays, _mine, isouter=True)
    .where(_towns.c.slug == bindparam("town"), _towns.c.active)
)


_OF_CONTACT = (
    select(_open_by("contact") + _erased_by("contact")).select_from(_towns).where(_towns.c.id == bindparam("town"))
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The catalogue's revision, what the order's key was answered with, the citizen's hashes, how much is open.

    ``guarded_until`` is how long abuse mode lasts at the office, or lasted; a blocked contact books by phone.
    """

    revision: int
    replay: Kept | None
    hashes: Hashes
    of_contact: int
    of_network: int
    guarded_until: datetime | None
    is_guarded: bool
    is_blocked: bool


def find_standing(order: Order, route: str, *, office: int, now: datetime) -> Standing:
    """Look how things stand for an order at an office (by id); raises NotFound for a municipality that is gone."""
    keys = kept_keys(now) or read_keys(now)
    asked = {"route": route, "office": office, "now": now, "lately": now - COUNTS}
    mine = hashes(order.email, order.network, keys)
    found = _look(order, asked, keys, mine)
    if (found.contact_key, found.network_key) != (keys.contact, keys.network):  # destroyed, or made anew, elsewhere
        keys = read_keys(now)
        mine = hashes(order.email, order.network, keys)
        found = _look(order, asked, keys, mine)
    return Standing(
        revision=found.revision,
        replay=None if found.body is None else Kept(found.body, found.appointment_id),
        hashes=mine,
        of_contact=found.of_contact,
        of_network=found.of_network,
        guarded_until=found.guarded_until,
        is_guarded=found.guarded_until is not None and found.guarded_until > now,
        is_blocked=found.blocked_until is not None and found.blocked_until > now,
    )


def open_of_contact(municipality: int, contact: str, now: datetime) -> int:
    """Count what a contact (its hash) has open at a municipality (its id), as it counts for a booking."""
    asked = {"town": municipality, "contact": contact, "now": now, "lately": now - COUNTS}
    return int(db.session.connection().execute(_OF_CONTACT, asked).scalar_one())


def _look(order: Order, about: Mapping[str, object], keys: Keys, mine: Hashes) -> Row[*tuple[Any, ...]]:
    asked = {
        **about,
        "town": order.municipality,
        "key": order.key,
        "today": network_purpose(keys.day),
        "contact": mine.contact,
        "network": mine.network,
        "network_before": hash_before(order.network, keys),
    }
    found = db.session.connection().execute(_STANDING, asked).one_or_none()
    if found is None:
        raise NotFound("municipality")
    return found
