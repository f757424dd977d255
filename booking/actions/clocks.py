"""Whose clock is off. The database's is the one that all share; SQLite has none but the machine's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from booking.extensions import db
from booking.models import Heartbeat

MOST_SECONDS_APART = 5


@dataclass(frozen=True, slots=True)
class Beat:
    """A job's last heartbeat: how many seconds ago it was, and how far its clock was ahead of the database's then."""

    job: str
    silent: float
    ahead: float

    @property
    def is_apart(self) -> bool:
        """Whether its clock is off; a heartbeat of the future betrays it, too."""
        return abs(self.ahead) > MOST_SECONDS_APART or self.silent < -MOST_SECONDS_APART


def seconds_ahead(now: datetime) -> float:
    """Return how far ahead of the database's clock ours is; ``now`` is this very moment."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    theirs: datetime = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return (now - theirs).total_seconds()


def beats(*, now: datetime) -> Iterator[Beat]:
    """Yield every job's last heartbeat, by name. Where clocks are apart it is silent only if by none it was lately."""
    for row in db.session.execute(select(Heartbeat.job, Heartbeat.at, Heartbeat.ahead).order_by(Heartbeat.job)):
        ahead = row.ahead or 0.0  # none: the release before this one has written it
        ago = (now - row.at).total_seconds()
        is_apart = abs(ahead) > MOST_SECONDS_APART
        yield Beat(row.job, min(abs(ago), abs(ago + ahead)) if is_apart else ago, ahead)
