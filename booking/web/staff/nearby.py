"""The office that the navigation leads to, also from pages that belong to none: the phone, a town, the own login."""

from collections.abc import Iterator

from flask import g, session

from booking.actions.browse import open_catalogue
from booking.errors import NotFound, Unavailable
from booking.rules import roles
from booking.rules.catalogue import Catalogue, Office
from booking.web.staff.places import Place
from booking.web.staff.users import staff

LAST = "place"  # in the signed cookie: ``schwarmstedt.buergerbuero``
Near = tuple[Catalogue, Office]


def remember(place: Place) -> None:
    """Keep in the cookie at which office somebody works; a new cookie is sent only when that changes."""
    if session.get(LAST) != str(place):
        session[LAST] = str(place)


def nearest() -> Near | None:
    """Return the office of this page, else the last one, else the only one; None if there are several or none.

    Only an office whose day this login may see: a membership may have ended since the cookie was made.
    """
    if "office" in g:
        return g.catalogue, g.office
    town, _, office = str(session.get(LAST, "")).partition(".")
    last = [near for near in _offices(town) if near[1].slug == office]
    if last:
        return last[0]
    every = [near for each in sorted({at.town for at in staff().memberships}) for near in _offices(each)]
    return every[0] if len(every) == 1 else None


def _offices(town: str) -> Iterator[Near]:
    """Yield the open offices of a town whose day this login may see."""
    if not any(at.town == town and at.role in roles.DAY for at in staff().memberships):
        return
    try:
        catalogue = open_catalogue(town)
    except (NotFound, Unavailable):  # no page fails for want of its navigation
        return
    yield from ((catalogue, at) for at in catalogue.open_offices if staff().actor(roles.DAY, town, at.id))
