"""Log in with a name and a password, and with a second factor where the login has one."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Row, select, update

from booking.actions.attempts import Asker, Attempt, begin_attempt, end_attempt, keep_attempt
from booking.actions.audit import record_login
from booking.actions.staff_sessions import begin_session
from booking.actions.transaction import reads, writes
from booking.errors import WrongLogin
from booking.extensions import db
from booking.models import Login

HASHER = PasswordHasher()
# A name that is unknown takes as long as one that is. Written down, because to hash it costs each process 64 MiB and
# a tenth of a second of its start.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$VVYTj9ZQvVZ0oVUBh1/OyQ$ViCeGymUecocNc8THQRgjhxpbMugatm5X2brN94z4mc"
LONGEST_PASSWORD = 1000  # what argon2 is made to hash by somebody who is not logged in


@dataclass(frozen=True, slots=True)
class Entry:
    """Who gave the right password; ``secret`` is the new session's, None while the code of the second factor lacks.

    ``proof`` tells which password it was, as a hash of its salted hash: a half login ends when the password changes.
    """

    login: int
    proof: str
    secret: str | None


def log_in(name: str, password: str, *, asker: Asker, now: datetime) -> Entry:
    """Check name and password and open a session, or (with a second factor) say that the code is still missing.

    Raises WrongLogin, TooManyLogins, Unavailable.
    """
    attempt = begin_attempt(name, asker, now=now)
    known = _login(name)
    if not is_password(known.password if known else None, password) or known is None:
        _note_failure(known.id if known else None, attempt, now=now)
        raise WrongLogin
    fresh = HASHER.hash(password) if HASHER.check_needs_rehash(known.password) else known.password
    return _enter(known, attempt, fresh, now=now)


def is_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a stored hash; takes as long where there is none."""
    try:
        HASHER.verify(stored or NOBODY, password[:LONGEST_PASSWORD])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def proof_of(stored: str) -> str:
    """Return what may be told outside of a stored hash, which holds a salt that nobody guesses."""
    return sha256(f"half|{stored}".encode()).hexdigest()


@reads
def _login(name: str) -> Row[int, str | None, bytes | None] | None:
    query = select(Login.id, Login.password, Login.totp).where(Login.name == name, Login.active)
    return db.session.execute(query).one_or_none()


@writes
def _enter(known: Row[int, str | None, bytes | None], attempt: Attempt, fresh: str, *, now: datetime) -> Entry:
    same = (Login.id == known.id) & (Login.password == known.password) & Login.active
    done = db.session.execute(update(Login).where(same).values(password=fresh))
    if not done.rowcount:  # type: ignore[attr-defined]  # changed or deactivated while the hash was computed
        raise WrongLogin
    end_attempt(attempt)
    if known.totp is not None:
        return Entry(known.id, proof_of(fresh), None)
    record_login(known.id, "log-in", now=now)
    return Entry(known.id, proof_of(fresh), begin_session(known.id, now=now))


@writes
def _note_failure(login: int | None, attempt: Attempt, *, now: datetime) -> None:
    keep_attempt(attempt, now)
    if login is not None:
        record_login(login, "log-in-failed", now=now)
