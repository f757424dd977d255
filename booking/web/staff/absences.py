"""Absences of an office's clerks: from now on by one button, or from–to."""

from datetime import timedelta

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.absences import Times, absences_of, end_absence, enter_absence
from booking.actions.explain_day import clerks_of
from booking.errors import Invalid, Refusal, Strands
from booking.rules import roles
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import accepted, local_now, told
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed

Answer = str | tuple[str, int] | Response
SUNDAY = 6


@blueprint.get("/<place:place>/absences")
@admits(*roles.MANAGERS)
def show_absences(place: Place) -> str:
    """List who is away and ask for more."""
    return _page(place)


@blueprint.post("/<place:place>/absences/now")
@admits(*roles.MANAGERS)
def enter_absence_now(place: Place) -> Answer:
    """Let a clerk be away from this minute to the end of a day: for the call at half past seven."""
    local = local_now()
    days = {"today": 0, "tomorrow": 1, "week": SUNDAY - local.weekday()}
    until = local.date() + timedelta(days=days.get(request.form.get("until", ""), 0))
    times = Times(local.date(), until, start=local.time().replace(second=0, microsecond=0))
    accepts = None if until == local.date() else accepted()
    try:
        return _entered(place, request.form.getlist("clerk"), times, accepts=accepts)
    except Strands as refusal:
        return _page(place, refusal), problems.status(refusal)


@blueprint.post("/<place:place>/absences")
@admits(*roles.MANAGERS)
def enter_absence_from_to(place: Place) -> Answer:
    """Let clerks be away from–to."""
    typed = Typed()
    clerks = typed.all("clerk")
    first, last = typed.day("first", required=True), typed.day("last")
    start, end = typed.clock("start"), typed.clock("end")
    try:
        typed.check()
        assert first is not None  # noqa: S101 - for mypy: it was required
        return _entered(place, clerks, Times(first, last or first, start, end), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _page(place, refusal), problems.status(refusal)


@blueprint.post("/<place:place>/absences/<int:absence>/end")
@admits(*roles.MANAGERS)
def end_absence_now(place: Place, absence: int) -> Response:
    """Let a clerk be there again, or delete an absence that has not begun."""
    end_absence(actor(), absence, now=clock.now())
    return redirect(url_for("staff.show_absences", place=place, done="ended"))


def _entered(place: Place, clerks: list[str], times: Times, *, accepts: int | None) -> Response:
    """Enter it, and go on with whom it strands, if somebody is."""
    stranded = enter_absence(actor(), clerks, times, now=clock.now(), accepts=accepts)
    if any(one.office == place.office for one in stranded):
        return redirect(url_for("staff.show_stranded", place=place, done="entered"))
    return redirect(url_for("staff.show_absences", place=place, done="entered", stranded=len(stranded)))


def _page(place: Place, refusal: Refusal | None = None) -> str:
    clerks = clerks_of(g.catalogue, g.office)
    absences = absences_of(g.catalogue, [clerk.id for clerk in clerks], now=clock.now())
    return render_template(
        "staff/absences.html",
        clerks=clerks,
        names={clerk.id: clerk.name for clerk in clerks},
        absences=absences,
        today=local_now().date(),
        **told(refusal, place),
    )
