"""Idempotency: a success is answered again when its key comes back with the same body."""

import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, insert, select

from booking.actions.catalogues import SLUG, catalogue_of, glance
from booking.actions.keys import keyring
from booking.actions.presenting import present
from booking.actions.transaction import reads
from booking.errors import KeyReused, NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Municipality, Replay
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.secrets import body_hash, is_hash_of

log = logging.getLogger(__name__)
KEPT = timedelta(hours=24)


class Kept(NamedTuple):
    """What a success left behind: the keyed hash of its request's body, and its appointment."""

    body: str
    appointment: int


_replays, _towns = (Replay.metadata.tables[table.__tablename__] for table in (Replay, Municipality))
_KNOWN = (
    select(_replays.c.body, _replays.c.appointment_id)
    .join_from(
        _towns,
        _replays,
        and_(
            _replays.c.municipality_id == _towns.c.id,
            _replays.c.route == bindparam("route"),
            _replays.c.key == bindparam("key"),
        ),
        isouter=True,
    )
    .where(_towns.c.slug == bindparam("town"), _towns.c.active)
)
_REMEMBER = insert(_replays)


@reads
def replayed(municipality: str, route: str, key: str, body: bytes) -> Appointment | None:
    """Return what this key was answered with, in its present state; None if it is new. Looked up before validation.

    New keys are the rule: they cost one SELECT and no transaction. Raises KeyReused when the key came with another
    body, NotFound for an unknown municipality.
    """
    if not SLUG.fullmatch(municipality):
        raise NotFound("municipality")
    with glance() as connection:
        known = connection.execute(_KNOWN, {"town": municipality, "route": route, "key": key}).first()
    if known is None:
        raise NotFound("municipality")
    if known.appointment_id is None:
        return None
    catalogue = catalogue_of(municipality)
    return answered(Kept(known.body, known.appointment_id), body, catalogue)


def answered(kept: Kept, body: bytes, catalogue: Catalogue) -> Appointment | None:
    """Return the appointment that a key made, as it stands now; KeyReused if the key came with another body."""
    check_same(kept, body)
    row = db.session.get(Row, kept.appointment)
    if row is None:
        return None
    log.info("found again by its key")
    return present(row, catalogue)


def check_same(kept: Kept, body: bytes) -> None:
    """Raise KeyReused if the key came with another body."""
    if not is_hash_of(kept.body, body, keyring()):
        raise KeyReused


def remember(row: Row, route: str, key: str, body: bytes, *, now: datetime) -> None:
    """Keep a success; a concurrent twin with the same key then loses its insert, runs again and reads this one."""
    values = replay_values(row, route, key, body, now=now)
    db.session.connection().execute(_REMEMBER, values | {"appointment_id": row.id})


def replay_values(row: Row, route: str, key: str, body: bytes, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a kept success but for its appointment."""
    return {
        "municipality_id": row.municipality_id,
        "route": route,
        "key": key,
        "body": body_hash(body, keyring()),
        "created_at": now,
    }


def forget_replays(now: datetime) -> None:
    """Drop what is older than 24 hours."""
    db.session.execute(delete(Replay).where(Replay.created_at < now - KEPT))
