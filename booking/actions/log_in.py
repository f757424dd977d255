"""Log in with a name and a password."""

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import select

from booking.actions.staff_sessions import open_session
from booking.actions.transaction import reads
from booking.errors import WrongLogin
from booking.extensions import db
from booking.models import Login

HASHER = PasswordHasher()
NOBODY = HASHER.hash("nobody has this password")  # a name that is unknown takes as long as one that is


def log_in(name: str, password: str, *, now: datetime) -> str:
    """Check name and password and return the secret of a new session. Raises WrongLogin, Unavailable."""
    login, hashed = _login(name)
    try:
        HASHER.verify(hashed or NOBODY, password)
    except (Argon2Error, InvalidHashError):
        raise WrongLogin from None
    if login is None or hashed is None:
        raise WrongLogin
    return open_session(login, now=now)


@reads
def _login(name: str) -> tuple[int | None, str | None]:
    query = select(Login.id, Login.password).where(Login.name == name, Login.active)
    found = db.session.execute(query).one_or_none()
    return (found.id, found.password) if found else (None, None)
