"""A request by letter or telephone: what is stored of an appointment's person, shown and erased by a manager."""

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.personal_data import erase_about, stored_about
from booking.actions.see_appointment import Record, history_of, see_appointment
from booking.errors import Fault, Invalid, NotFound, Refusal
from booking.rules.roles import MANAGERS
from booking.web import problems
from booking.web.personal_data import as_json_file
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.places import Place


@blueprint.get("/<place:place>/appointments/<reference>/data")
@admits(*MANAGERS)
def show_data(place: Place, reference: str) -> str:
    """Show everything that is stored, to be read out, printed or sent (Art. 15 DSGVO)."""
    return _page(place, reference)


@blueprint.get("/<place:place>/appointments/<reference>/data.json")
@admits(*MANAGERS)
def download_data(place: Place, reference: str) -> Response:  # noqa: ARG001 - the door has read the place
    """Return it as a file."""
    _check_here(reference)
    return as_json_file(stored_about(actor(), reference), reference)


@blueprint.post("/<place:place>/appointments/<reference>/erase-data")
@admits(*MANAGERS)
def erase_data(place: Place, reference: str) -> Redirection | tuple[str, int]:
    """Cancel it if it is still to come, and erase it (Art. 17 DSGVO)."""
    _check_here(reference)
    try:
        if "sure" not in request.form:
            raise Invalid(Fault("/sure", "required"))
        erase_about(actor(), reference, now=clock.now())
    except Refusal as refusal:
        return _page(place, reference, problem=problems.precise(refusal)), problems.status(refusal)
    return redirect(url_for("staff.say_data_erased", place=place), code=303)


@blueprint.get("/<place:place>/data-erased")
@admits(*MANAGERS)
def say_data_erased(place: Place) -> str:  # noqa: ARG001 - likewise
    """Say that it is gone."""
    return render_template("staff/data_erased.html")


def _page(place: Place, reference: str, problem: str = "") -> str:
    record = _check_here(reference)
    history = history_of(actor(), reference)
    return render_template("staff/data.html", record=record, history=history, place=place, problem=problem)


def _check_here(reference: str) -> Record:
    """Return the appointment if it is this office's."""
    record = see_appointment(actor(), reference, now=clock.now())
    if record.office.id != g.office.id:
        raise NotFound("appointment")
    return record
