"""Look into the catalogues."""

from sqlalchemy import select

from booking.actions.catalogues import State, all_catalogues, catalogue_at, state_at_a_glance
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Municipality
from booking.rules.catalogue import Catalogue


@reads
def open_catalogue(municipality: str) -> Catalogue:
    """Return a municipality's present catalogue. Raises NotFound, Unavailable."""
    return catalogue_at(municipality, state_at_a_glance(municipality))


@reads
def catalogue_as_seen(municipality: str, revision: int) -> Catalogue:
    """Return the catalogue of a revision that was read with the login: no query, unless this process lacks it."""
    return catalogue_at(municipality, State(revision, {}))


@reads
def open_catalogues() -> list[Catalogue]:
    """Return every active municipality's catalogue, by slug. Raises Unavailable."""
    return all_catalogues()


@reads
def open_logo(catalogue: Catalogue) -> bytes:
    """Return the picture that ``catalogue.face.logo`` tells of. Raises NotFound where there is none, Unavailable."""
    content = db.session.scalar(select(Municipality.logo_content).where(Municipality.id == catalogue.id))
    if content is None:
        raise NotFound("logo")
    return content
