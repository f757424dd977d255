"""What a booking finds under the lock, in one SELECT: the catalogue's revision, its own replay, what else is open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, ScalarSelect, and_, bindparam, func, or_, select

from booking.actions.keys import CONTACT, Hashes, Keys, hashes, kept_keys, network_purpose, read_keys
from booking.actions.replays import Kept
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment, HashKey, Municipality, Replay
from booking.models.types import Instant
from booking.rules.appointments import Order
from booking.rules.lifecycle import Status

_towns, _replays, _appointments, _keys = (
    table.metadata.tables[table.__tablename__] for table in (Municipality, Replay, Appointment, HashKey)
)


def _open_by(column: str) -> ScalarSelect[int]:
    """Count the town's bookings in time of whoever has this hash, unconfirmed or declined.

    Declined is what has expired before its time.
    """
    return (
        select(func.count())
        .where(
            _appointments.c.municipality_id == _towns.c.id,
            _appointments.c[column] == bindparam(column),
            or_(_appointments.c.status == Status.PENDING.value, _appointments.c.status == Status.EXPIRED.value),
            _appointments.c.confirm_by > bindparam("now", type_=Instant),
        )
        .correlate(_towns)
        .scalar_subquery()
    )


def _key_of(purpose: BindParameter[str] | str) -> ScalarSelect[bytes]:
    return select(_keys.c.key).where(_keys.c.purpose == purpose).scalar_subquery()


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
        _open_by("contact").label("of_contact"),
        _open_by("network").label("of_network"),
    )
    .join_from(_towns, _replays, _mine, isouter=True)
    .where(_towns.c.slug == bindparam("town"), _towns.c.active)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The catalogue's revision, what the order's key was answered with, the citizen's hashes, how much is open."""

    revision: int
    replay: Kept | None
    hashes: Hashes
    of_contact: int
    of_network: int


def find_standing(order: Order, route: str, *, now: datetime) -> Standing:
    """Look how things stand for an order; raises NotFound for a municipality that is not there (any more)."""
    keys = kept_keys(now) or read_keys(now)
    found = _look(order, route, keys, now)
    if (found.contact_key, found.network_key) != (keys.contact, keys.network):  # destroyed, or made anew, elsewhere
        keys = read_keys(now)
        found = _look(order, route, keys, now)
    return Standing(
        revision=found.revision,
        replay=None if found.body is None else Kept(found.body, found.appointment_id),
        hashes=hashes(order.email, order.network, keys),
        of_contact=found.of_contact,
        of_network=found.of_network,
    )


def _look(order: Order, route: str, keys: Keys, now: datetime) -> Row[*tuple[Any, ...]]:
    contact, network = hashes(order.email, order.network, keys)
    asked = {
        "town": order.municipality,
        "route": route,
        "key": order.key,
        "today": network_purpose(keys.day),
        "contact": contact,
        "network": network,
        "now": now,
    }
    found = db.session.connection().execute(_STANDING, asked).one_or_none()
    if found is None:
        raise NotFound("municipality")
    return found
