"""Change one's own password: the old one is asked for, and every other browser is logged out."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from booking.actions.attempts import Asker, Attempt, begin_attempt, end_attempt, keep_attempt
from booking.actions.audit import record_login
from booking.actions.log_in import HASHER, LONGEST_PASSWORD, is_password
from booking.actions.staff_sessions import begin_session, end_sessions
from booking.actions.transaction import reads, writes
from booking.errors import Fault, Invalid
from booking.extensions import db
from booking.models import Login

SHORTEST_PASSWORD = 12  # BSI ORP.4.A22: long rather than complicated


def hash_of(password: str, *, pointer: str = "/password") -> str:
    """Return the hash of a new password. Raises Invalid when it is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(Fault(pointer, "password-too-short", {"min": SHORTEST_PASSWORD}))
    if len(password) > LONGEST_PASSWORD:
        raise Invalid(Fault(pointer, "password-too-long", {"max": LONGEST_PASSWORD}))
    return HASHER.hash(password)


class Change(NamedTuple):
    """The password that somebody has, and the one that they want."""

    old: str
    new: str


def change_password(login: int, change: Change, *, asker: Asker, now: datetime) -> str:
    """Change it; return the secret of the only session that is left. Raises Invalid, TooManyLogins."""
    hashed = hash_of(change.new, pointer="/new_password")
    attempt = begin_attempt(f"password of {login}", asker, now=now)
    if not is_password(_stored(login), change.old):
        _note_failure(attempt, now=now)
        raise Invalid(Fault("/old_password", "wrong-password"))
    return _store(login, hashed, attempt, now=now)


@reads
def has_password(login: int) -> bool:
    """Whether a login has a password of its own, and does not only come by single sign-on."""
    return _stored(login) is not None


def _stored(login: int) -> str | None:
    return db.session.scalar(select(Login.password).where(Login.id == login))


@writes
def _store(login: int, hashed: str, attempt: Attempt, *, now: datetime) -> str:
    end_attempt(attempt)
    db.session.execute(update(Login).where(Login.id == login).values(password=hashed))
    end_sessions(login)
    record_login(login, "password-changed", now=now)
    return begin_session(login, now=now)


@writes
def _note_failure(attempt: Attempt, *, now: datetime) -> None:
    keep_attempt(attempt, now)
