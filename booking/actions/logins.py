"""Logins that a municipality makes and stops by itself: only those that have no role anywhere else."""

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from booking.actions.audit import record
from booking.actions.members import Grant, add_role, is_ours, lock_members
from booking.actions.passwords import hash_of
from booking.actions.staff_sessions import end_sessions
from booking.actions.transaction import writes
from booking.errors import Fault, Forbidden, Invalid, NotFound, SharedLogin
from booking.extensions import db
from booking.models import Login
from booking.rules.roles import Actor
from booking.rules.secrets import ALPHABET


def new_password() -> str:
    """Return four groups of four letters and digits that are hard to misread (77 bits)."""
    return "-".join("".join(secrets.choice(ALPHABET.lower()) for _ in range(4)) for _ in range(4))


class NewLogin(NamedTuple):
    """A login to be made: the name to log in with, the name to be shown, the first password."""

    name: str
    display_name: str
    password: str


def make_login(by: Actor, new: NewLogin, grant: Grant, *, now: datetime) -> None:
    """Make a login with a first role. Raises Invalid (``/name``, ``/password``), Forbidden, NotFound (office)."""
    _make(by, new._replace(password=hash_of(new.password)), grant, now=now)


@writes
def _make(by: Actor, new: NewLogin, grant: Grant, *, now: datetime) -> None:
    lock_members(by)
    if not new.name:
        raise Invalid(Fault("/name", "required"))
    if db.session.scalar(select(Login.id).where(Login.name == new.name)) is not None:
        raise Invalid(Fault("/name", "login-taken"))
    login = Login(name=new.name, display_name=new.display_name, password=new.password, created_at=now)
    db.session.add(login)
    db.session.flush()
    record(by, "login-made", f"login {login.id}", now=now)
    add_role(by, login, grant, now=now)


@writes
def stop_login(by: Actor, login: int, *, now: datetime) -> None:
    """Stop a login: it is out with its next request. Raises NotFound, Forbidden, SharedLogin."""
    _ours(by, login).active = False
    end_sessions(login)
    record(by, "login-stopped", f"login {login}", now=now)


@writes
def resume_login(by: Actor, login: int, *, now: datetime) -> None:
    """Let a stopped login in again. Raises NotFound, Forbidden, SharedLogin."""
    _ours(by, login).active = True
    record(by, "login-resumed", f"login {login}", now=now)


def reset_password(by: Actor, login: int, *, now: datetime) -> tuple[str, str]:
    """Give a colleague a new password; return the login's name and the password, which is told nowhere else.

    Raises NotFound, Forbidden (also for whoever only comes by single sign-on), SharedLogin.
    """
    password = new_password()
    return _reset(by, login, hash_of(password), now=now), password


@writes
def _reset(by: Actor, login: int, hashed: str, *, now: datetime) -> str:
    row = _ours(by, login)
    if row.password is None:
        raise Forbidden
    row.password = hashed
    end_sessions(login)
    record(by, "password-reset", f"login {login}", now=now)
    return row.name


def _ours(by: Actor, login: int) -> Login:
    """Return a colleague's login that belongs to this municipality alone."""
    lock_members(by)
    row = db.session.scalars(select(Login).where(Login.id == login).with_for_update()).one_or_none()
    if row is None or not any(at.municipality_id == by.municipality for at in row.memberships):
        raise NotFound("page")
    if any(at.municipality_id != by.municipality for at in row.memberships):
        raise SharedLogin
    if not is_ours(by, row) or login == by.login:  # nobody locks the own door from inside, so an admin stays
        raise Forbidden
    return row
