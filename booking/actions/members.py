"""Who has which role in a municipality: listed, given and taken by its managers and admins.

Managers give and take the desk's and the phone's roles and touch nobody above these; admins everything. Nobody takes
the last admin away, and what a login may do in other municipalities is none of this one's business.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from booking.actions.audit import record
from booking.actions.catalogues import catalogue_by_id
from booking.actions.transaction import reads, writes
from booking.errors import Fault, Forbidden, Invalid, LastAdmin, NotFound
from booking.extensions import db
from booking.models import Login, Membership, Municipality
from booking.rules.roles import Actor, Role, may_give


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, in the whole municipality or (by id) in one office only."""

    role: Role
    office: int | None = None
    books_only: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds: ``id`` is the membership's; what came with a group goes with it."""

    id: int
    grant: Grant
    from_group: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A login with its roles here; ``is_ours``: it has none elsewhere, and the asker may change it as a whole."""

    login: int
    name: str
    display_name: str
    active: bool
    has_password: bool
    has_factor: bool
    held: tuple[Held, ...]
    is_ours: bool


@reads
def list_members(by: Actor) -> list[Member]:
    """Return everybody with a role in the municipality, by name."""
    here = select(Membership.login_id).where(Membership.municipality_id == by.municipality)
    rows = db.session.scalars(select(Login).where(Login.id.in_(here)).order_by(func.lower(Login.name)))
    return [_member(row, by) for row in rows]


@writes
def give_role(by: Actor, name: str, grant: Grant, *, now: datetime) -> None:
    """Give a role to a login, also to one of another municipality; at the same place it replaces the one held there.

    Raises Invalid (``/name``), Forbidden, NotFound (office), LastAdmin.
    """
    lock_members(by)
    login = db.session.scalars(select(Login).where(Login.name == name).with_for_update()).one_or_none()
    if login is None:
        raise Invalid(Fault("/name", "no-such-login"))
    add_role(by, login, grant, now=now)


@writes
def take_role(by: Actor, membership: int, *, now: datetime) -> None:
    """Take a role away; it ends with the next request. Raises NotFound, Forbidden, LastAdmin."""
    lock_members(by)
    row = db.session.get(Membership, membership)
    if row is None or row.municipality_id != by.municipality:
        raise NotFound("page")
    login = db.session.get_one(Login, row.login_id)
    check_may_touch(by, login)
    if row.from_group:  # it would come back with the next sign-on
        raise Forbidden
    login.memberships.remove(row)
    db.session.flush()
    _check_admins(by)
    record(by, "role-taken", f"login {login.id}", now=now, office=row.office_id, role=row.role)


def add_role(by: Actor, login: Login, grant: Grant, *, now: datetime) -> None:
    """Do that inside the caller's transaction."""
    check_may_touch(by, login)
    if not may_give(by, grant.role):
        raise Forbidden
    if grant.office is not None:
        _check_office(by, grant.office)
    places = {at.office_id: at for at in login.memberships if at.municipality_id == by.municipality}
    row = places.get(grant.office)
    if row is not None and row.from_group:
        raise Forbidden
    verb = "role-changed" if row else "role-given"
    row = row or Membership(municipality_id=by.municipality, office_id=grant.office)
    row.role, row.books_only = grant.role.value, grant.books_only
    login.memberships = [*(at for at in login.memberships if at is not row), row]
    db.session.flush()
    _check_admins(by)
    told = {"role": grant.role.value, "books_only": grant.books_only}
    record(by, verb, f"login {login.id}", now=now, office=grant.office, **told)


def lock_members(by: Actor) -> None:
    """Let changes of one municipality's roles wait for each other: two admins could take each other away."""
    row = select(Municipality.id).where(Municipality.id == by.municipality).with_for_update()
    if db.session.scalar(row) is None or by.office is not None:
        raise Forbidden


def check_may_touch(by: Actor, login: Login) -> None:
    """Refuse with Forbidden whom the asker may not change: somebody with a role that they could not give."""
    held = [Role(at.role) for at in login.memberships if at.municipality_id == by.municipality]
    if by.office is not None or not all(may_give(by, role) for role in held):
        raise Forbidden


def is_ours(by: Actor, login: Login) -> bool:
    """Whether a login has roles in this municipality alone, none above the asker; not what the operator stopped."""
    if login.stopped_by_operator:
        return False
    return bool(login.memberships) and all(
        at.municipality_id == by.municipality and may_give(by, Role(at.role)) for at in login.memberships
    )


def _check_office(by: Actor, office: int) -> None:
    if office not in {place.id for place in catalogue_by_id(by.municipality).open_offices}:
        raise NotFound("office")


def _check_admins(by: Actor) -> None:
    """Only an admin can take one away, so there was one before."""
    if by.role is Role.ADMIN and not count_admins(by.municipality):
        raise LastAdmin


def count_admins(municipality: int) -> int:
    """Return how many logins administer the whole municipality."""
    admins = (
        select(func.count(Membership.id))
        .join(Login, Login.id == Membership.login_id)
        .where(Membership.municipality_id == municipality, Membership.office_id.is_(None))
        .where(Membership.role == Role.ADMIN.value, Login.active)
    )
    return db.session.scalar(admins) or 0


def _member(row: Login, by: Actor) -> Member:
    held = tuple(
        Held(at.id, Grant(Role(at.role), at.office_id, at.books_only), at.from_group)
        for at in sorted(row.memberships, key=lambda at: at.id)
        if at.municipality_id == by.municipality
    )
    return Member(
        login=row.id,
        name=row.name,
        display_name=row.display_name or row.name,
        active=row.active,
        has_password=row.password is not None,
        has_factor=row.totp is not None,
        held=held,
        is_ours=is_ours(by, row) and row.id != by.login,
    )
