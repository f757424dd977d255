"""Which group of the identity provider has which role: read at each single sign-on."""

from dataclasses import dataclass

from sqlalchemy import select

from booking.actions.catalogues import catalogue_of
from booking.actions.transaction import reads, writes
from booking.errors import NotFound
from booking.extensions import db
from booking.models import GroupRole, Municipality, Office
from booking.rules.roles import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality, or one office in it, by their ids in the catalogue."""

    municipality: str
    office: str | None = None

    def __str__(self) -> str:
        return f"{self.municipality}.{self.office}" if self.office else self.municipality


@dataclass(frozen=True, slots=True)
class Mapped:
    """A group and what it may do."""

    group: str
    place: Place
    role: str
    books_only: bool


@writes
def map_group(group: str, place: Place, role: str, *, books_only: bool = False) -> None:
    """Give a group a role at a place, in place of the one it has there. Raises NotFound."""
    municipality, office = ids_of(place)
    row = _row(group, municipality, office)
    if row is None:
        row = GroupRole(group_name=group, municipality_id=municipality, office_id=office)
        db.session.add(row)
    row.role, row.books_only = Role(role).value, books_only


@writes
def unmap_group(group: str, place: Place) -> None:
    """Take a group's role at a place; its people lose it when they next sign on. Raises NotFound."""
    row = _row(group, *ids_of(place))
    if row is None:
        raise NotFound("group")
    db.session.delete(row)


@reads
def mapped_groups() -> list[Mapped]:
    """Return every group with its roles, by name."""
    rows = db.session.execute(
        select(GroupRole, Municipality.slug, Office.slug.label("place"))
        .join(Municipality, Municipality.id == GroupRole.municipality_id)
        .outerjoin(Office, Office.id == GroupRole.office_id)
        .order_by(GroupRole.group_name, GroupRole.id)
    )
    return [Mapped(row.group_name, Place(town, place), row.role, row.books_only) for row, town, place in rows]


def _row(group: str, municipality: int, office: int | None) -> GroupRole | None:
    same = (GroupRole.group_name == group, GroupRole.municipality_id == municipality, GroupRole.office_id == office)
    return db.session.scalars(select(GroupRole).where(*same)).one_or_none()


def ids_of(place: Place) -> tuple[int, int | None]:
    """Return the ids of municipality and office. Raises NotFound."""
    catalogue = catalogue_of(place.municipality)
    return catalogue.id, catalogue.office(place.office).id if place.office else None
