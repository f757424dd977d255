"""The work list: whose appointment falls out and why; what would be done about it, and what was done."""

from itertools import groupby
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.call_list import call_instead, count_calls
from booking.actions.day_schedule import day_version
from booking.actions.relocate import Means, Outcome, preview, solve_all
from booking.actions.stranded import list_stranded, list_unanswered
from booking.errors import NotFound
from booking.rules import roles
from booking.web.staff.door import actor, admits, blueprint, poll
from booking.web.staff.places import Place
from booking.web.staff.typed import ids_in
from booking.web.staff.users import place_state

MOST = 500  # appointments of one form: two weeks of a large office


@blueprint.get("/<place:place>/stranded")
@admits(*roles.DAY)
def show_stranded(place: Place) -> str:
    """List what falls out, day by day."""
    return render_template("staff/stranded.html", **_list(place))


@blueprint.get("/<place:place>/stranded/changes")
@admits(*roles.DAY)
@poll
def show_stranded_changes(place: Place) -> AnyResponse | str:
    """Answer the list if it has changed since the version asked about."""
    if request.args.get("version", "") == _version():
        return Response(status=204)
    return render_template("staff/_stranded_list.html", **_list(place))


@blueprint.post("/<place:place>/stranded/preview")
@admits(*roles.DAY)
def preview_stranded(place: Place) -> str | AnyResponse:
    """Say of each what would be done, before anything is."""
    means, chosen = _means(), _chosen()
    if not chosen:
        return redirect(url_for("staff.show_stranded", place=place))
    outcomes = preview(actor(), chosen, means, now=clock.now())
    return render_template("staff/stranded_preview.html", place=place, means=means, outcomes=outcomes)


@blueprint.post("/<place:place>/stranded/solve")
@admits(*roles.DAY)
def solve_stranded(place: Place) -> str:
    """Do it, and say what was done, who is left and why."""
    means = _means()
    outcomes = solve_all(actor(), _chosen(), means, now=clock.now())
    calls = count_calls(g.office)
    return render_template(
        "staff/stranded_done.html", place=place, means=means, outcomes=outcomes, calls=calls, left=_left(outcomes)
    )


@blueprint.post("/<place:place>/stranded/call")
@admits(*roles.DAY)
def call_stranded(place: Place) -> AnyResponse:
    """Put one on the call list."""
    for appointment in _chosen():
        call_instead(actor(), appointment, now=clock.now())
    return redirect(url_for("staff.show_call_list", place=place))


def _list(place: Place) -> dict[str, Any]:
    now, version = clock.now(), _version()  # the version first: what changes while we read is asked for again
    cases = list_stranded(g.catalogue, g.office, now=now)
    return {
        "place": place,
        "version": version,
        "count": len(cases),
        "days": [(day, list(of_day)) for day, of_day in groupby(cases, key=lambda case: case.day)],
        "unanswered": list_unanswered(g.catalogue, g.office, now=now),
        "calls": count_calls(g.office),
    }


def _version() -> str:
    state = place_state()
    return day_version(state) if state else ""


def _means() -> Means:
    try:
        return Means(request.form.get("means", ""))
    except ValueError:
        raise NotFound from None


def _chosen() -> list[int]:
    """Return the ids that were ticked; the action looks which of them are in reach."""
    return ids_in(request.form.getlist("appointment")[:MOST])


def _left(outcomes: list[Outcome]) -> int:
    return sum(outcome.is_left for outcome in outcomes)
