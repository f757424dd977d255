"""The municipality's catalogue as it stands, read anew only when its revision has moved."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from booking.errors import NotFound
from booking.extensions import db
from booking.models import Municipality, Office
from booking.models.reading import read_catalogue
from booking.rules.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class State:
    """What one SELECT tells of a municipality: the catalogue's revision and each office's version, by id."""

    revision: int
    versions: Mapping[int, int]


def state_of(slug: str) -> State:
    """Read a municipality's revision and its offices' versions, or refuse with NotFound."""
    query = (
        select(Municipality.revision, Office.id, Office.version)
        .join(Office, Office.municipality_id == Municipality.id, isouter=True)
        .where(Municipality.slug == slug, Municipality.active)
    )
    rows = db.session.execute(query).all()
    if not rows:
        raise NotFound("municipality")
    return State(rows[0].revision, {row.id: row.version for row in rows if row.id is not None})


def catalogue_of(slug: str) -> Catalogue:
    """Return the present catalogue of a municipality, or refuse with NotFound. Runs inside the caller's transaction."""
    return catalogue_at(slug, state_of(slug))


def catalogue_at(slug: str, state: State) -> Catalogue:
    """Return the catalogue of a revision just read."""
    known: dict[str, Catalogue] = current_app.extensions.setdefault("catalogues", {})  # values: threads may share them
    kept = known.get(slug)
    if kept is None or kept.revision != state.revision:
        row = db.session.scalars(select(Municipality).where(Municipality.slug == slug)).one()
        kept = known[slug] = read_catalogue(row)
    return kept


def catalogue_by_id(municipality_id: int) -> Catalogue:
    """Return the present catalogue of a municipality that an appointment names."""
    query = select(Municipality.slug, Municipality.revision).where(Municipality.id == municipality_id)
    slug, revision = db.session.execute(query).one()
    return catalogue_at(slug, State(revision, {}))


def all_catalogues() -> list[Catalogue]:
    """Return every active municipality's catalogue, by name."""
    slugs = db.session.scalars(select(Municipality.slug).where(Municipality.active).order_by(Municipality.slug)).all()
    return [catalogue_of(slug) for slug in slugs]
