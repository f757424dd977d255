"""The second factor: six digits of an authenticator app (TOTP, RFC 6238), each good for once."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pyotp
from sqlalchemy import select, update

from booking.actions.attempts import Asker, Attempt, begin_attempt, end_attempt, keep_attempt
from booking.actions.audit import record_by_operator, record_login
from booking.actions.log_in import proof_of
from booking.actions.sealing import seal, unseal
from booking.actions.staff_sessions import begin_session
from booking.actions.transaction import reads, writes
from booking.errors import NotFound, WrongFactor, WrongLogin
from booking.extensions import db
from booking.models import Login
from booking.rules.secrets import is_same

STEP = 30  # seconds (RFC 6238, 5.2)
DRIFT = 1  # steps that a phone's clock may be off, either way
SETTING_UP = timedelta(minutes=15)
ISSUER = "Wartefrei"


def new_key(login: int) -> tuple[str, str]:
    """Return a new key in letters (base32, 160 bits), and sealed, to come back with its first code."""
    key = pyotp.random_base32()
    return key, seal(key, _setting_up(login)).decode()


def key_being_set_up(login: int, sealed: str) -> str | None:
    """Return the key that was sealed for this login; None when that was too long ago."""
    return unseal(sealed.encode(), _setting_up(login), within=SETTING_UP)


def address_of(key: str, name: str) -> str:
    """Return the address that the QR code shows (``otpauth:``)."""
    return pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=ISSUER)


@writes
def switch_on(login: int, sealed: str, code: str, *, now: datetime) -> None:
    """Keep a key whose first code was right. Raises WrongFactor."""
    key = key_being_set_up(login, sealed)
    step = _step_of(key, code, now) if key else None
    if key is None or step is None:
        raise WrongFactor
    row = db.session.get_one(Login, login)
    row.totp, row.totp_step = seal(key, _kept(login)), step
    record_login(login, "factor-on", now=now)


class Half(NamedTuple):
    """A login whose password was right; ``proof`` says which password that was (``log_in.proof_of``)."""

    login: int
    proof: str


def log_in_with_code(half: Half, code: str, *, asker: Asker, now: datetime) -> str:
    """Finish a login whose password was right; return the secret of the new session.

    Raises WrongFactor, TooManyLogins, and WrongLogin when the password has changed since. Wrong codes are counted apart
    from wrong passwords: whoever knows the password does not begin anew by typing it.
    """
    attempt = begin_attempt(f"code of {half.login}", asker, now=now)
    secret = _use(half, code, attempt, now=now)
    if secret is None:
        _note_failure(half.login, attempt, now=now)
        raise WrongFactor
    return secret


def switch_off_with_code(login: int, code: str, *, asker: Asker, now: datetime) -> None:
    """Do without the second factor from now on. Raises WrongFactor, TooManyLogins."""
    attempt = begin_attempt(f"code of {login}", asker, now=now)
    if not _switch_off(login, code, attempt, now=now):
        _note_failure(login, attempt, now=now)
        raise WrongFactor


@writes
def reset_factor(name: str, *, now: datetime) -> None:
    """Take the second factor from somebody who lost the phone. Raises NotFound."""
    row = db.session.scalars(select(Login).where(Login.name == name)).one_or_none()
    if row is None:
        raise NotFound("login")
    row.totp = row.totp_step = None
    record_by_operator(row.id, "factor-off", now=now)


@reads
def has_factor(login: int) -> bool:
    """Whether a login has a second factor."""
    return db.session.scalar(select(Login.totp).where(Login.id == login)) is not None


@reads
def count_unreadable_factors() -> int:
    """Return how many people's codes can never be right: no key of ours opens what a former one has sealed."""
    kept = db.session.execute(select(Login.id, Login.totp).where(Login.active, Login.totp.is_not(None)))
    return sum(totp is not None and unseal(totp, _kept(login)) is None for login, totp in kept)


@writes
def _use(half: Half, code: str, attempt: Attempt, *, now: datetime) -> str | None:
    stored = db.session.scalar(select(Login.password).where(Login.id == half.login).with_for_update())
    if stored is None or not is_same(proof_of(stored), half.proof):
        raise WrongLogin
    if not _spend(half.login, code, now):
        return None
    end_attempt(attempt)
    record_login(half.login, "log-in", now=now)
    return begin_session(half.login, now=now)


@writes
def _switch_off(login: int, code: str, attempt: Attempt, *, now: datetime) -> bool:
    if not _spend(login, code, now):
        return False
    end_attempt(attempt)
    db.session.execute(update(Login).where(Login.id == login).values(totp=None, totp_step=None))
    record_login(login, "factor-off", now=now)
    return True


def _spend(login: int, code: str, now: datetime) -> bool:
    """Use a code up: the later of two at once loses. A key that a former SECRET_KEY sealed is sealed anew."""
    row = db.session.scalars(select(Login).where(Login.id == login, Login.active).with_for_update()).one_or_none()
    key = unseal(row.totp, _kept(login)) if row and row.totp else None
    step = _step_of(key, code, now) if key else None
    if row is None or key is None or step is None or step <= (row.totp_step or 0):
        return False
    row.totp_step, row.totp = step, seal(key, _kept(login))
    return True


@writes
def _note_failure(login: int, attempt: Attempt, *, now: datetime) -> None:
    keep_attempt(attempt, now)
    record_login(login, "factor-failed", now=now)


def _step_of(key: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, of those that a slow hand or a wrong clock may mean."""
    totp, present = pyotp.TOTP(key), int(now.timestamp()) // STEP
    typed = "".join(code.split())
    for step in range(present - DRIFT, present + DRIFT + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), typed):
            return step
    return None


def _kept(login: int) -> str:
    return f"totp {login}"


def _setting_up(login: int) -> str:
    return f"new totp {login}"
