"""Finding somebody's appointment: at the desk by whatever is at hand, on the phone by what the caller knows."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.browse import open_catalogue
from booking.actions.find_for_staff import Found, Said, find_at_desk, find_for_caller
from booking.errors import Refusal, SearchedTooOften
from booking.rules import roles
from booking.rules.roles import Actor
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.places import Place
from booking.web.staff.subject import handle_of
from booking.web.staff.users import staff

LONGEST = 200
Answer = str | Response | tuple[str, int]


@blueprint.get("/<place:place>/find")
@admits(*roles.DAY)
def ask_at_desk(place: Place) -> str:
    """Ask whom to find."""
    return render_template("staff/find.html", place=place, words="", found=None)


@blueprint.post("/<place:place>/find")
@admits(*roles.DAY)
def find_here(place: Place) -> Answer:
    """List what fits in this office; a reference (the QR code's text) leads straight to its appointment."""
    words = request.form.get("words", "").strip()[:LONGEST]
    found = find_at_desk(actor(), g.office.id, words, now=clock.now())
    if len(found) == 1:
        return redirect(url_for("staff.show_appointment", place=place, reference=found[0].reference))
    return render_template("staff/find.html", place=place, words=words, found=found)


@blueprint.get("/find")
@admits(*roles.BOOKERS)
def ask_caller() -> str:
    """Ask what the caller knows."""
    return _caller_page(Said())


@blueprint.post("/find")
@admits(*roles.BOOKERS)
def find_caller() -> Answer:
    """Show the caller's appointment, or say that nothing fits: which part of it does not, is not told."""
    said = Said(*(request.form.get(field, "").strip()[:LONGEST] for field in ("reference", "name", "contact")))
    try:
        found = find_for_caller(_actors(), said, now=clock.now())
    except Refusal as refusal:
        return _caller_page(said, refused=problems.sentence(refusal)), problems.status(refusal)
    ways = [(one, url_for("staff.show_found", handle=_handle(one))) for one in found]
    if len(ways) == 1:
        return redirect(ways[0][1])
    return _caller_page(said, found=ways)


def known_of(name: str, *contacts: str) -> tuple[Found, ...]:
    """Return a caller's open appointments by the same rule as the search: the name and a contact have to fit.

    Empty also for a login that may not search, or has searched in vain too often.
    """
    try:
        for contact in filter(None, contacts):
            if found := find_for_caller(_actors(), Said(name=name, contact=contact), now=clock.now()):
                return found
    except SearchedTooOften:
        pass  # the warning stands without it
    return ()


def _caller_page(said: Said, **shown: Any) -> str:
    may_find = any(not by.books_only for by in _actors())
    if len({by.municipality for by in _actors()}) == 1:
        g.catalogue = open_catalogue(staff().memberships[0].town)
    return render_template("staff/find_caller.html", said=said, may_find=may_find, **shown)


def _actors() -> tuple[Actor, ...]:
    """Return the one who asks in every membership, the highest of each place."""
    places = {(at.town, at.office) for at in staff().memberships}
    found = (staff().actor(roles.BOOKERS, town, office) for town, office in sorted(places, key=str))
    return tuple(by for by in found if by is not None)


def _handle(found: Found) -> str:
    town = next(at.town for at in staff().memberships if at.municipality == found.municipality)
    return handle_of(town, found.office, found.reference)
