"""Single sign-on: a person of the identity provider becomes a login, and the groups there become memberships here.

A login is found by issuer and subject and by nothing else: names and addresses can be chosen at the provider, and
would open somebody else's login (OpenID Connect Core, 5.7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from booking.actions.audit import highest_roles, record, record_login
from booking.actions.staff_sessions import begin_session, end_sessions
from booking.actions.transaction import writes
from booking.errors import NoGroup
from booking.extensions import db
from booking.models import GroupRole, Login, Membership
from booking.rules.roles import RANK, Actor, Role

LONGEST_NAME = 90


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at the provider, with the names of their groups there."""

    issuer: str
    subject: str
    name: str
    display_name: str
    groups: frozenset[str]


def discovery_of(issuer: str) -> str:
    """Return where a provider says how to sign on there (OpenID Discovery, 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


class Right(NamedTuple):
    """A role as a group gives it."""

    role: Role
    books_only: bool


Place = tuple[int, int | None]  # municipality and office


def sign_on(who: Identity, *, now: datetime) -> str:
    """Let somebody in whom the provider vouches for; return the secret of the new session.

    Raises NoGroup for whoever has no role, and for a login that was stopped here; Unavailable.
    """
    secret = _sign_on(who, now=now)
    if secret is None:  # raised only now: what the provider has taken away must be committed
        raise NoGroup
    return secret


@writes
def _sign_on(who: Identity, *, now: datetime) -> str | None:
    rights = _rights_of(who.groups)
    login = _known(who) or (_new(who, now) if rights else None)
    if login is None:
        return None
    _synchronise(login, rights, now)
    if not login.active or not login.memberships:
        end_sessions(login.id)
        return None
    login.display_name = who.display_name[:200]
    record_login(login.id, "log-in", now=now, by_sign_on=True)
    return begin_session(login.id, now=now)


def _known(who: Identity) -> Login | None:
    query = select(Login).where(Login.subject == _subject(who))
    return db.session.scalars(query.with_for_update()).one_or_none()


def _new(who: Identity, now: datetime) -> Login:
    login = Login(name=_free_name(who), subject=_subject(who), created_at=now)
    db.session.add(login)
    db.session.flush()
    return login


def _subject(who: Identity) -> str:
    return f"{who.issuer} {who.subject}"


def _free_name(who: Identity) -> str:
    """Return a name that no login has: one of the same name here may be another person."""
    wanted = (who.name or who.subject)[:LONGEST_NAME]
    taken = set(db.session.scalars(select(Login.name).where(Login.name.startswith(wanted, autoescape=True))))
    return (
        wanted
        if wanted not in taken
        else next(f"{wanted}-{n}" for n in range(2, 10_000) if f"{wanted}-{n}" not in taken)
    )


def _rights_of(groups: frozenset[str]) -> dict[Place, Right]:
    """Return what these groups may do, by place; of several the highest."""
    rights: dict[Place, Right] = {}
    for row in db.session.scalars(select(GroupRole).where(GroupRole.group_name.in_(groups))):
        place, right = (row.municipality_id, row.office_id), Right(Role(row.role), row.books_only)
        rights[place] = max(right, rights.get(place, right), key=lambda each: (RANK[each.role], not each.books_only))
    return rights


def _synchronise(login: Login, rights: Mapping[Place, Right], now: datetime) -> None:
    """Make the memberships that came from groups what the groups say now; those given by hand stay."""
    before = highest_roles(login.id)
    by_hand = {(at.municipality_id, at.office_id) for at in login.memberships if not at.from_group}
    wanted = {place: right for place, right in rights.items() if place not in by_hand}
    kept = [at for at in login.memberships if not at.from_group or (at.municipality_id, at.office_id) in wanted]
    held = {(at.municipality_id, at.office_id): at for at in kept if at.from_group}
    changes = len(kept) != len(login.memberships)
    for place, right in wanted.items():
        row = held.get(place) or Membership(municipality_id=place[0], office_id=place[1], from_group=True)
        changes |= (row.role, row.books_only) != (right.role.value, right.books_only)
        row.role, row.books_only = right.role.value, right.books_only
        kept += [] if place in held else [row]
    login.memberships = kept
    db.session.flush()
    if changes:
        for municipality, role in {**before, **highest_roles(login.id)}.items():
            record(Actor(login.id, role, municipality), "roles-synchronised", f"login {login.id}", now=now)
