"""Whether this process can serve: the database is there, with the tables that this code knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from booking.actions.clocks import beats
from booking.actions.hold_letters import count_held_letters
from booking.actions.migrating import NONE, migration_of, migrations
from booking.extensions import db
from booking.models import Letter, LetterStatus

HEARTBEAT_LATE = timedelta(minutes=2)
LETTERS = "letters"
LETTERS_STUCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Ready or not; ``warnings`` are codes for people to look into, they stop nothing."""

    is_ready: bool
    warnings: tuple[str, ...]


def check_readiness(*, now: datetime) -> Readiness:
    """Look at the database; never raises."""
    try:
        if not has_our_migration():
            return Readiness(is_ready=False, warnings=("migration-missing",))
        return Readiness(is_ready=True, warnings=tuple(_warnings(now)))
    except SQLAlchemyError:
        db.session.rollback()
        return Readiness(is_ready=False, warnings=("database-away",))


def has_our_migration() -> bool:
    """Whether the database is at this code's migration, or at a newer one that this code does not know."""
    *older, _ours = migrations()
    return migration_of(db.session.connection()) not in {NONE, *older}


def _warnings(now: datetime) -> list[str]:
    found = []
    beat = next((beat for beat in beats(now=now) if beat.job == LETTERS), None)  # people wait for this one
    if beat is None or beat.silent > HEARTBEAT_LATE.total_seconds():
        found.append("jobs-silent")
    elif beat.is_apart:
        found.append("clocks-apart")
    waiting = (Letter.status == LetterStatus.WAITING, Letter.created_at < now - LETTERS_STUCK)
    if db.session.scalar(select(func.count()).where(*waiting, Letter.held_at.is_(None))):
        found.append("letters-stuck")
    if count_held_letters():
        found.append("letters-held")
    return found
