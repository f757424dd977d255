"""Where the caller lives: the first question of a team that books for several municipalities."""

from flask import render_template, request

from booking.actions.browse import open_catalogue
from booking.errors import NotFound
from booking.rules.catalogue import Catalogue
from booking.rules.roles import Staff
from booking.rules.spelling import words
from booking.rules.texts import FALLBACK, word


def towns_of(who: Staff) -> list[Catalogue]:
    """Return the municipalities in which somebody may book, by name; closed ones are left out."""
    found = []
    for town in {at.town for at in who.memberships}:
        try:
            found.append(open_catalogue(town))
        except NotFound:
            continue
    return sorted(found, key=lambda each: word(each.name, FALLBACK))


def choose_town(towns: list[Catalogue]) -> str:
    """Ask where the caller lives; what is typed is looked for in names, places and postal codes."""
    asked = words(request.form.get("where", ""))
    fitting = [town for town in towns if all(_begins(town, part) for part in asked)]
    return render_template("staff/phone_town.html", towns=fitting or towns, where=request.form.get("where", ""))


def _begins(town: Catalogue, part: str) -> bool:
    places = [word(town.name, FALLBACK), *(f"{office.postal_code} {office.city}" for office in town.open_offices)]
    return any(each.startswith(part) for place in places for each in words(place))
