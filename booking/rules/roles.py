"""Who on the staff may do what where: roles, memberships and the one who acts."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize


class Role(StrEnum):
    """A role in a municipality (design.md §2), in the order of what it may do."""

    PHONE = "phone"
    DESK = "desk"
    MANAGER = "manager"
    ADMIN = "admin"


# Groups of roles as the doors name them.
DAY = frozenset({Role.DESK, Role.MANAGER, Role.ADMIN})  # whoever sees an office's day
BOOKERS = frozenset(Role)  # whoever enters appointments and finds one
MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
RANK = {role: place for place, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Membership:
    """A role in a municipality (``town`` is its slug), in one office only where ``office`` is its id.

    ``books_only`` takes the right to find, move and cancel appointments: what is left is entering new ones.
    """

    municipality: int
    town: str
    office: int | None
    role: Role
    books_only: bool = False

    def covers(self, town: str, office: int | None) -> bool:
        """Whether it holds in this office, or (None) in the municipality as a whole."""
        return self.town == town and self.office in (None, office)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, in which role, and where that role holds; goes into the audit log."""

    login: int
    role: Role
    municipality: int
    office: int | None = None
    books_only: bool = False

    def reaches(self, municipality: int, office: int | None) -> bool:
        """Whether the role holds in this office (by id), or (None) in the municipality as a whole."""
        return self.municipality == municipality and self.office in (None, office)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody logged in, with every membership."""

    login: int
    name: str
    display_name: str
    memberships: tuple[Membership, ...] = ()

    def actor(self, roles: frozenset[Role], town: str, office: int | None) -> Actor | None:
        """Return this person in the highest of these roles that holds there; None if none does."""
        fitting = [at for at in self.memberships if at.role in roles and at.covers(town, office)]
        if not fitting:
            return None
        held = max(fitting, key=lambda at: (RANK[at.role], not at.books_only, at.office is None))
        return Actor(self.login, held.role, held.municipality, held.office, held.books_only)

    def has(self, roles: frozenset[Role]) -> bool:
        """Whether any membership has one of these roles."""
        return any(at.role in roles for at in self.memberships)


GIVES = {Role.MANAGER: frozenset({Role.PHONE, Role.DESK}), Role.ADMIN: frozenset(Role)}


def may_give(by: Actor, role: Role) -> bool:
    """Whether somebody may give and take this role: in the whole municipality, managers only those below them."""
    return by.office is None and role in GIVES.get(by.role, frozenset())


def folded(name: str) -> str:
    """Return a login's name as it is stored and compared: ``ADMIN`` is nobody beside ``admin`` (Unicode NFKC)."""
    return normalize("NFKC", name).casefold().strip()
