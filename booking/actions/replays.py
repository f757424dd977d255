"""Idempotency: a success is answered again when its key comes back with the same body."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from booking.actions.catalogues import catalogue_of
from booking.actions.keys import keyring
from booking.actions.presenting import present
from booking.actions.transaction import reads
from booking.errors import KeyReused
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Replay
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.secrets import body_hash, is_hash_of

KEPT = timedelta(hours=24)


@reads
def replayed(municipality: str, route: str, key: str, body: bytes) -> Appointment | None:
    """Return what this key was answered with, in its present state; None if it is new. Looked up before validation.

    Raises KeyReused when the key came with another body, NotFound for an unknown municipality.
    """
    catalogue = catalogue_of(municipality)
    row = find_replay(catalogue, route, key, body)
    return None if row is None else present(row, catalogue)


def find_replay(catalogue: Catalogue, route: str, key: str, body: bytes) -> Row | None:
    """Return the appointment that this key made; KeyReused if it came with another body."""
    mine = (Replay.municipality_id == catalogue.id, Replay.route == route, Replay.key == key)
    known = db.session.scalars(select(Replay).where(*mine)).one_or_none()
    if known is None:
        return None
    if not is_hash_of(known.body, body, keyring()):
        raise KeyReused
    return db.session.get(Row, known.appointment_id)


def remember(row: Row, route: str, key: str, body: bytes, *, now: datetime) -> None:
    """Keep a success; a concurrent twin with the same key then loses its insert, runs again and reads this one."""
    db.session.add(
        Replay(
            municipality_id=row.municipality_id,
            route=route,
            key=key,
            body=body_hash(body, keyring()),
            appointment_id=row.id,
            created_at=now,
        )
    )


def forget_replays(now: datetime) -> None:
    """Drop what is older than 24 hours."""
    db.session.execute(delete(Replay).where(Replay.created_at < now - KEPT))
