"""Add a member of staff, or give one a further role."""

from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select

from booking.actions.catalogues import catalogue_of
from booking.actions.transaction import writes
from booking.errors import Fault, Invalid
from booking.extensions import db
from booking.models import Login, Membership

SHORTEST_PASSWORD = 12
ROLES = ("desk", "phone", "manager", "admin")


@writes
def add_login(name: str, password: str, *, municipality: str, office: str | None, role: str, now: datetime) -> bool:
    """Store a login with an argon2id hash and a membership; return whether the login is new.

    Raises Invalid (role, password), NotFound (municipality, office).
    """
    if role not in ROLES:
        raise Invalid(Fault("/role", "unknown-role"))
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(Fault("/password", "too-short", {"min": SHORTEST_PASSWORD}))
    catalogue = catalogue_of(municipality)
    place = catalogue.office(office).id if office else None
    login = db.session.scalars(select(Login).where(Login.name == name)).one_or_none()
    is_new = login is None
    if login is None:
        login = Login(name=name, created_at=now)
        db.session.add(login)
    login.password = PasswordHasher().hash(password)
    known = {(at.municipality_id, at.office_id): at for at in login.memberships}
    if (catalogue.id, place) in known:
        known[catalogue.id, place].role = role
    else:
        login.memberships.append(Membership(municipality_id=catalogue.id, office_id=place, role=role))
    return is_new
