"""Find the municipality that an error's page belongs to, so that it has a phone number, an imprint and ways on."""

from flask import g, request

from booking.actions.browse import open_catalogue, open_catalogues
from booking.errors import NotFound, Refusal
from booking.rules.catalogue import Catalogue
from booking.web import languages


def settle() -> None:
    """Take the municipality that the address names, else the only one there is; leave it open if neither can be told.

    No door has run for an unknown address or a wrong method, and a dead link names nobody.
    """
    g.is_problem = True
    if "catalogue" in g:
        return
    g.kept_language = languages.explicit()
    try:
        found = _nearest()
    except Refusal:  # the database is away: that page has to be drawn without it
        return
    if found is not None:
        g.catalogue, g.is_adopted = found, True
        languages.limit_to(found.languages)


def _nearest() -> Catalogue | None:
    try:
        return open_catalogue(request.path.split("/", 2)[1])
    except NotFound:
        catalogues = open_catalogues()
    return catalogues[0] if len(catalogues) == 1 else None
