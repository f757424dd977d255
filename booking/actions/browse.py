"""Look into the catalogues."""

from booking.actions.catalogues import all_catalogues, catalogue_at, state_at_a_glance
from booking.actions.transaction import reads
from booking.rules.catalogue import Catalogue


@reads
def open_catalogue(municipality: str) -> Catalogue:
    """Return a municipality's present catalogue. Raises NotFound, Unavailable."""
    return catalogue_at(municipality, state_at_a_glance(municipality))


@reads
def open_catalogues() -> list[Catalogue]:
    """Return every active municipality's catalogue, by slug. Raises Unavailable."""
    return all_catalogues()
