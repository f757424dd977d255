"""Add a member of staff, or give one a further role."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from booking.actions.audit import record_by_operator
from booking.actions.group_roles import Place, ids_of
from booking.actions.passwords import hash_of
from booking.actions.staff_sessions import end_sessions
from booking.actions.transaction import writes
from booking.extensions import db
from booking.models import Login, Membership
from booking.rules.roles import Role

ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Post:
    """A role (one of ``ROLES``) at a place."""

    place: Place
    role: str
    books_only: bool = False


def add_login(name: str, password: str, post: Post, *, now: datetime) -> bool:
    """Store a login with an argon2id hash and a role; return whether the login is new.

    One that exists gets this password and is logged out. Raises Invalid (password), NotFound (municipality, office).
    """
    return _store(name, hash_of(password), post, now=now)


@writes
def _store(name: str, hashed: str, post: Post, *, now: datetime) -> bool:
    municipality, office = ids_of(post.place)
    login = db.session.scalars(select(Login).where(Login.name == name)).one_or_none()
    is_new = login is None
    if login is None:
        login = Login(name=name, created_at=now)
        db.session.add(login)
    login.password = hashed
    held = {(at.municipality_id, at.office_id): at for at in login.memberships}
    row = held.get((municipality, office))
    if row is None:
        row = Membership(municipality_id=municipality, office_id=office)
        login.memberships.append(row)
    row.role, row.books_only, row.from_group = Role(post.role).value, post.books_only, False
    db.session.flush()
    end_sessions(login.id)
    record_by_operator(login.id, "login-made" if is_new else "role-given", now=now, role=post.role)
    return is_new
