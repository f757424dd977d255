"""What the operator does to logins by commands: none of it needs, or gives, a login that reads appointments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from booking.actions.audit import record_by_operator
from booking.actions.members import count_admins
from booking.actions.passwords import hash_of
from booking.actions.staff_sessions import end_sessions
from booking.actions.transaction import reads, writes
from booking.errors import LastAdmin, NotFound
from booking.extensions import db
from booking.models import Login, Membership, Municipality, Office
from booking.rules.roles import Role


@dataclass(frozen=True, slots=True)
class Listed:
    """A login as a list shows it; ``roles`` are like ``desk at musterstadt.buergerbuero``."""

    name: str
    active: bool
    has_factor: bool
    signs_on: bool
    roles: tuple[str, ...]


@reads
def list_logins() -> list[Listed]:
    """Return every login of the installation, by name."""
    roles: dict[int, list[str]] = {}
    held = (
        select(Membership.login_id, Membership.role, Municipality.slug, Office.slug.label("place"))
        .join(Municipality, Municipality.id == Membership.municipality_id)
        .outerjoin(Office, Office.id == Membership.office_id)
        .order_by(Membership.id)
    )
    for row in db.session.execute(held):
        place = f"{row.slug}.{row.place}" if row.place else row.slug
        roles.setdefault(row.login_id, []).append(f"{row.role} at {place}")
    return [
        Listed(row.name, row.active, row.totp is not None, row.subject is not None, tuple(roles.get(row.id, ())))
        for row in db.session.scalars(select(Login).order_by(func.lower(Login.name)))
    ]


@writes
def set_active(name: str, *, active: bool, now: datetime, force: bool = False) -> None:
    """Stop a login at once, or let it in again: what the operator stopped, no municipality lets in.

    Raises NotFound, and LastAdmin unless that is what is wanted.
    """
    row = _login(name)
    row.active, row.stopped_by_operator = active, not active
    db.session.flush()
    if not active:
        end_sessions(row.id)
        if not force:
            _check_admins(row)
    record_by_operator(row.id, "login-resumed" if active else "login-stopped", now=now)


def set_password(name: str, password: str, *, now: datetime) -> None:
    """Give a login a new password and end its sessions. Raises Invalid, NotFound."""
    _store(name, hash_of(password), now=now)


@writes
def _store(name: str, hashed: str, *, now: datetime) -> None:
    row = _login(name)
    row.password = hashed
    end_sessions(row.id)
    record_by_operator(row.id, "password-reset", now=now)


def _check_admins(row: Login) -> None:
    """Nobody removes the last admin of a municipality without saying so."""
    for at in row.memberships:
        if at.role == Role.ADMIN.value and at.office_id is None and not count_admins(at.municipality_id):
            raise LastAdmin


def _login(name: str) -> Login:
    row = db.session.scalars(select(Login).where(Login.name == name).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("login")
    return row
