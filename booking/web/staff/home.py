"""The first page after the login: what one's memberships are for."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.actions.browse import open_catalogue
from booking.rules import roles
from booking.rules.catalogue import Catalogue, Office
from booking.rules.roles import Role
from booking.web.staff.door import admits, blueprint
from booking.web.staff.places import Place
from booking.web.staff.users import staff


@blueprint.get("/")
@admits(*Role)
def home() -> str:
    """List the offices and tools that this login may use."""
    return render_template("staff/home.html", towns=_places())


@blueprint.get("/start")
@admits(*Role)
def start() -> Response:
    """Begin the working day: at the desk of one's only office, else where one can choose."""
    places = [Place(town.slug, office.slug) for town, offices in _places() for office in offices]
    if len(places) == 1 and staff().has(roles.DAY):
        return redirect(url_for("staff.show_office", place=places[0]))
    return redirect(url_for("staff.home"))


def _places() -> list[tuple[Catalogue, list[Office]]]:
    """Return the towns of one's memberships, each with the offices where one has any role."""
    towns = {at.town: open_catalogue(at.town) for at in staff().memberships}
    return [
        (town, [office for office in town.open_offices if staff().actor(frozenset(Role), town.slug, office.id)])
        for town in towns.values()
    ]
