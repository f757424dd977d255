"""Failed logins, counted per name and per network: whoever fails too often waits a while, and nobody for ever.

Every try is written before the password is looked at, so that a hundred at once count as a hundred; a success takes its
own away. A refused try is not written: waiting ends also while somebody goes on trying.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update

from booking.actions.keys import network_hash, read_keys
from booking.actions.transaction import writes
from booking.errors import TooManyLogins
from booking.extensions import db
from booking.models import LoginAttempt
from booking.rules.roles import folded
from booking.rules.secrets import hashed


class Limit(NamedTuple):
    """So many failures in so long a time."""

    most: int
    within: timedelta


AT_ONE_DESK = Limit(5, timedelta(minutes=15))  # one name from one network: somebody mistypes
NETWORK = Limit(30, timedelta(minutes=15))  # a town hall is one network, and on Monday morning many mistype
NAME = Limit(20, timedelta(hours=1))  # one name from many networks; does not stop a browser that was let in before
REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a login is tried: the client's address, and whether this browser was let in with this name before."""

    address: str
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was written: its row, and the keyed hashes of name and network."""

    id: int
    name: str
    network: str


@writes
def begin_attempt(name: str, asker: Asker, *, now: datetime) -> Attempt:
    """Write that somebody tries this name. Raises TooManyLogins, also for names that do not exist."""
    key = read_keys(now).contact
    name_hash, network = hashed(f"login:{folded(name)}", key), network_hash(asker.address, now)
    same_name, same_network = LoginAttempt.name == name_hash, LoginAttempt.network == network
    _refuse_beyond(AT_ONE_DESK, same_name & same_network, now)
    _refuse_beyond(NETWORK, same_network, now)
    if not asker.is_known:  # or strangers could keep a colleague out as long as they like
        _refuse_beyond(NAME, same_name, now)
    row = LoginAttempt(name=name_hash, network=network, at=now)
    db.session.add(row)
    db.session.flush()
    return Attempt(row.id, name_hash, network)


def end_attempt(attempt: Attempt) -> None:
    """Forget the tries of somebody who was let in. Runs inside the caller's transaction."""
    here = (LoginAttempt.name == attempt.name) & (LoginAttempt.network == attempt.network)
    db.session.execute(delete(LoginAttempt).where(here))


def keep_attempt(attempt: Attempt, now: datetime) -> None:
    """Let a failed try stand; written once more, so that a known name does not take longer than an unknown one."""
    db.session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt.id).values(at=now))


def forget_attempts(now: datetime) -> None:
    """Drop the tries of the day before."""
    db.session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - REMEMBERED))


def _refuse_beyond(limit: Limit, which: ColumnElement[bool], now: datetime) -> None:
    recent = select(LoginAttempt.at).where(which, LoginAttempt.at > now - limit.within)
    tries = db.session.scalars(recent.order_by(LoginAttempt.at.desc()).limit(limit.most)).all()
    if len(tries) == limit.most:
        raise TooManyLogins(max(1, round((tries[-1] + limit.within - now).total_seconds())))
