"""Who can handle what at an office, and its clerks: their names, minutes afterwards, and whether they work."""

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.add_clerk import add_clerk
from booking.actions.edit_entry import edit_entries, edit_entry, open_entries
from booking.errors import Invalid, NotFound, Refusal, Strands
from booking.rules import roles
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import accepted, languages, spread, told, words
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed

Answer = str | tuple[str, int] | Response
Entries = Mapping[str, Mapping[str, Any]]
NEW = "new"  # no clerk is called so: slugs are made of names, and this one would be numbered


@blueprint.get("/<place:place>/clerks")
@admits(*roles.MANAGERS)
def show_clerks(place: Place) -> str:
    """Show clerks × concerns, to be ticked, and the clerks."""
    return _matrix(place)


@blueprint.post("/<place:place>/clerks")
@admits(*roles.MANAGERS)
def save_abilities(place: Place) -> Answer:
    """Save who handles what here; what clerks handle at other offices stays."""
    edits = {slug: {"concerns": _ticked(slug, entry)} for slug, entry in _clerks_here().items()}
    try:
        stranded = edit_entries(actor(), "clerks", edits, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _matrix(place, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_clerks", place=place, done="saved", stranded=len(stranded)))


@blueprint.get("/<place:place>/clerks/<clerk>")
@admits(*roles.MANAGERS)
def show_clerk(place: Place, clerk: str) -> str:
    """Show a clerk, or (``new``) ask for one."""
    return _clerk_page(place, clerk)


@blueprint.post("/<place:place>/clerks/<clerk>")
@admits(*roles.MANAGERS)
def save_clerk(place: Place, clerk: str) -> Answer:
    """Save a clerk, or add one and go on to its hours."""
    typed = Typed()
    fields = {"name": words(typed, "name"), "after_minutes": typed.whole("after_minutes") or 0}
    try:
        typed.check()
        if clerk == NEW:
            added = add_clerk(actor(), fields, now=clock.now())
            return redirect(url_for("staff.show_block", place=place, clerk=added))
        fields["active"] = bool(request.form.get("active"))
        stranded = edit_entry(actor(), "clerks", clerk, fields, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _clerk_page(place, clerk, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_clerks", place=place, done="saved", stranded=len(stranded)))


def _clerks_here() -> Entries:
    """Return those who work at this office, or nowhere yet; those who are switched off too."""
    return {
        slug: entry
        for slug, entry in open_entries(actor(), "clerks").items()
        if not entry.get("blocks") or any(block["office"] == g.office.slug for block in entry["blocks"])
    }


def _concerns_here() -> list[Any]:
    return [concern for concern in g.catalogue.open_concerns if g.office.id in concern.offices]


def _ticked(slug: str, entry: Mapping[str, Any]) -> str | list[str]:
    if slug in request.form.getlist("all"):
        return "all"
    here = {concern.slug for concern in _concerns_here()}
    had = entry.get("concerns", [])
    handled = {concern.slug for concern in g.catalogue.concerns} if had == "all" else set(had)
    works_elsewhere = any(block["office"] != g.office.slug for block in entry.get("blocks", []))
    elsewhere = handled - here if had != "all" or works_elsewhere else set()
    return sorted(elsewhere | {concern for concern in here if f"{slug}:{concern}" in request.form.getlist("can")})


def _matrix(place: Place, refusal: Refusal | None = None) -> str:
    clerks = _clerks_here()
    concerns = _concerns_here()
    stored = {
        f"{slug}:{concern.slug}"
        for slug, entry in clerks.items()
        for concern in concerns
        if entry.get("concerns") == "all" or concern.slug in entry.get("concerns", [])
    }
    is_typed = request.method == "POST"
    everything = {slug for slug, entry in clerks.items() if entry.get("concerns") == "all"}
    return render_template(
        "staff/clerks.html",
        clerks=clerks,
        concerns=concerns,
        can=set(request.form.getlist("can")) if is_typed else stored,
        all_of=set(request.form.getlist("all")) if is_typed else everything,
        **told(refusal, place),
    )


def _clerk_page(place: Place, slug: str, refusal: Refusal | None = None) -> str:
    entry = {} if slug == NEW else _clerks_here().get(slug)
    if entry is None:
        raise NotFound("clerk")
    stored = {
        **spread("name", entry.get("name", {})),
        "after_minutes": entry.get("after_minutes", 0),
        "active": entry.get("active", True),
    }
    return render_template(
        "staff/clerk.html",
        slug=slug,
        is_new=slug == NEW,
        values=request.form if request.method == "POST" else stored,
        languages=languages(),
        **told(refusal, place),
    )
