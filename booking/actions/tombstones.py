"""What was erased on request stays erased, also after a restore: its references are kept as long as any backup."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, exists, select

from booking.actions.transaction import reads
from booking.extensions import choose_insert, db
from booking.models import Appointment, Tombstone
from booking.models.types import Instant

LONGEST_BACKUP: Final = timedelta(days=90)  # `backup prune` keeps none longer


def bury(ids: Collection[int], now: datetime) -> None:
    """Note the references of appointments that are about to be erased on request."""
    at = bindparam("at", now, type_=Instant)
    mine = select(Appointment.reference, at).where(Appointment.id.in_(ids))
    rows = choose_insert()(Tombstone).from_select(["reference", "at"], mine)
    db.session.connection().execute(rows.on_conflict_do_nothing())


def was_buried(reference: str, at: datetime) -> bool:
    """Whether an appointment was erased at this very instant: an action that runs again finds it done."""
    mine = (Tombstone.reference == reference, Tombstone.at == at)
    return bool(db.session.scalar(select(exists().where(*mine))))


def bury_references(tombstones: Mapping[str, datetime]) -> None:
    """Note references with their moments, inside the caller's transaction."""
    rows = [{"reference": reference, "at": at} for reference, at in tombstones.items()]
    if rows:
        db.session.connection().execute(choose_insert()(Tombstone).on_conflict_do_nothing(), rows)


def forget_tombstones(now: datetime) -> None:
    """Drop those that no backup can be older than."""
    db.session.execute(delete(Tombstone).where(Tombstone.at < now - LONGEST_BACKUP))


@reads
def buried() -> Mapping[str, datetime]:
    """Return the references that must stay erased, with the moments they were."""
    return known_tombstones()


def known_tombstones() -> Mapping[str, datetime]:
    """Return them with their moments, inside the caller's transaction."""
    return dict(db.session.execute(select(Tombstone.reference, Tombstone.at)).all())
