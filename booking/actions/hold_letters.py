"""Hold letters back: after a restore the outbox holds what was unsent then, and most of it has long been sent since."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Letter, LetterStatus, LinkRequest

UNSEEN = {"synchronize_session": False}


def hold_unsent(now: datetime) -> int:
    """Hold every letter that is not sent yet; return how many. Nothing sends them until they are released.

    Inside the caller's transaction, so that no job process sees them before. Questions for lost links go: who asked has
    stopped waiting.
    """
    db.session.execute(delete(LinkRequest))
    unsent = and_(Letter.status == LetterStatus.WAITING, Letter.held_at.is_(None))
    return _changed(unsent, held_at=now, claimed_until=None)


@writes
def release_held_letters(*, now: datetime) -> int:
    """Let held letters go; return how many. The outbox leaves out what has become pointless (``send_letters.FITS``)."""
    return _changed(_is_held(), held_at=None, next_at=now)


@writes
def discard_held_letters() -> int:
    """Give held letters up, because they left before the restore; return how many."""
    return _changed(_is_held(), held_at=None, status=LetterStatus.SUPERSEDED.value)


@reads
def held_letters() -> Mapping[str, int]:
    """Return how many letters of each kind are held. Nobody's address: operators need none to decide."""
    query = select(Letter.kind, func.count()).where(_is_held()).group_by(Letter.kind).order_by(Letter.kind)
    return dict(db.session.execute(query).all())


def count_held_letters() -> int:
    """Return how many letters are held, within the caller's transaction."""
    return db.session.scalar(select(func.count()).where(_is_held())) or 0


def _is_held() -> ColumnElement[bool]:
    return and_(Letter.status == LetterStatus.WAITING, Letter.held_at.is_not(None))


def _changed(which: ColumnElement[bool], **values: object) -> int:
    """Change letters; RETURNING counts alike on both engines."""
    changed = update(Letter).where(which).values(**values).returning(Letter.id)
    return len(db.session.execute(changed, execution_options=UNSEEN).all())
