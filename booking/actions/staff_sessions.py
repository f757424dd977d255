"""Who is logged in: one query per request tells it, together with whether the office's day has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, select

from booking.actions.audit import record_login
from booking.actions.catalogues import glance
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Login, LoginSession, Membership, Municipality, Office
from booking.models.types import Instant
from booking.rules.roles import Membership as Held
from booking.rules.roles import Role, Staff

LONGEST_SESSION = timedelta(hours=12)  # a working day; whoever is idle is logged out long before


@dataclass(frozen=True, slots=True)
class PlaceState:
    """The office that an address names: its id, its version and its municipality's revision."""

    office: int
    version: int
    revision: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Who asks, and how the office stands whose page it is (None of any other page, or if there is none)."""

    staff: Staff
    place: PlaceState | None


@reads
def who_is_logged_in(secret: str, *, now: datetime, town: str = "", office: str = "") -> Seen | None:
    """Return whom a cookie's secret belongs to, and how an office stands, in one SELECT; None once logged out."""
    asked = {"id": _hash(secret), "now": now, "town": town, "office": office}
    with glance() as connection:
        rows = connection.execute(_SEEN, asked).all()
    return _seen(rows) if rows else None


@writes
def open_session(login: int, *, now: datetime) -> str:
    """Log somebody in at one browser; return the secret for its cookie."""
    return begin_session(login, now=now)


def begin_session(login: int, *, now: datetime) -> str:
    """Do the same inside the caller's transaction."""
    secret = token_urlsafe(32)
    db.session.add(LoginSession(id=_hash(secret), login_id=login, created_at=now, expires_at=now + LONGEST_SESSION))
    return secret


@writes
def close_session(secret: str, *, now: datetime) -> None:
    """Log out at this browser."""
    gone = delete(LoginSession).where(LoginSession.id == _hash(secret)).returning(LoginSession.login_id)
    for login in db.session.scalars(gone).all():
        record_login(login, "log-out", now=now)


@writes
def close_all_sessions(login: int, *, now: datetime) -> None:
    """Log somebody out everywhere."""
    end_sessions(login)
    record_login(login, "log-out-everywhere", now=now)


def end_sessions(login: int) -> None:
    """Close every session of a login inside the caller's transaction: its password or its standing has changed."""
    db.session.execute(delete(LoginSession).where(LoginSession.login_id == login))


def forget_sessions(now: datetime) -> None:
    """Drop sessions whose twelve hours are over."""
    db.session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _statement() -> Select[Any]:
    here = and_(
        Office.municipality_id == Municipality.id,
        Office.slug == bindparam("office"),
        Municipality.slug == bindparam("town"),
        Office.active,
    )
    held = (Membership.role, Membership.office_id, Membership.books_only, Membership.municipality_id)
    return (
        select(Login.id, Login.name, Login.display_name, *held, Municipality.slug, Municipality.revision)
        .add_columns(Office.id.label("place"), Office.version)
        .select_from(LoginSession)
        .join(Login, and_(Login.id == LoginSession.login_id, Login.active))
        .outerjoin(Membership, Membership.login_id == Login.id)
        .outerjoin(Municipality, and_(Municipality.id == Membership.municipality_id, Municipality.active))
        .outerjoin(Office, here)
        .where(LoginSession.id == bindparam("id"), LoginSession.expires_at > bindparam("now", type_=Instant))
    )


_SEEN = _statement()


def _seen(rows: Sequence[Row[Any]]) -> Seen:
    held = [
        Held(row.municipality_id, row.slug, row.office_id, Role(row.role), row.books_only)
        for row in rows
        if row.slug is not None
    ]
    first = rows[0]
    places = [PlaceState(row.place, row.version, row.revision) for row in rows if row.place is not None]
    staff = Staff(first.id, first.name, first.display_name or first.name, tuple(held))
    return Seen(staff, places[0] if places else None)
