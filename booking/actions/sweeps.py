"""What the sweeps of personal data did, for those who answer for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from booking.actions.erase import Why
from booking.actions.transaction import reads
from booking.extensions import db
from booking.models import Heartbeat, Sweep
from booking.rules.catalogue import Catalogue

MOST = 10
KEPT = timedelta(days=366)  # whoever looks once a year sees all of it
JOB = "erase"


@dataclass(frozen=True, slots=True)
class Sweeps:
    """When the sweep last ran, whether or not it found anything, and the latest that erased something."""

    ran_at: datetime | None
    latest: tuple[tuple[datetime, Why], ...]


@reads
def latest_sweeps(catalogue: Catalogue) -> Sweeps:
    """Return a municipality's latest sweeps, the newest first."""
    mine = select(Sweep).where(Sweep.municipality_id == catalogue.id).order_by(Sweep.at.desc()).limit(MOST)
    latest = [
        (row.at, Why(row.unconfirmed, row.cancelled, row.past, row.requested)) for row in db.session.scalars(mine)
    ]
    return Sweeps(db.session.scalar(select(Heartbeat.at).where(Heartbeat.job == JOB)), tuple(latest))


def forget_sweeps(now: datetime) -> None:
    """Drop what tells of sweeps that nobody asks about any more. Runs inside the caller's transaction."""
    db.session.execute(delete(Sweep).where(Sweep.at < now - KEPT))
