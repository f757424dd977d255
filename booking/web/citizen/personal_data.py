"""What is stored about an appointment's person, and its deletion: pages behind the mailed link."""

from datetime import datetime
from typing import Any

from flask import Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.personal_data import erase_behind, stored_behind
from booking.errors import NotPossibleNow, Refusal, Unavailable
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status
from booking.web import languages, problems
from booking.web.citizen.appointment import open_appointment
from booking.web.citizen.door import blueprint
from booking.web.citizen.settled import has_booked
from booking.web.personal_data import as_json_file


@blueprint.get("/t/<token>/data")
def show_data(token: str) -> str | Redirection:
    """Show what is stored (Art. 15 DSGVO)."""
    found = open_appointment(token)
    try:
        stored = stored_behind(token)
    except NotPossibleNow:
        return redirect(url_for(".appointment", token=token))
    return render_template(
        "citizen/data.html",
        appointment=found,
        has_booked=has_booked(found),
        row=stored["appointment"][0],
        letters=[_with_moments(letter) for letter in stored.get("letter", ())],
        stored=stored,
    )


@blueprint.get("/t/<token>/data.json")
def download_data(token: str) -> Response:
    """Return all of it as a file that programs can read (Art. 15 Abs. 3, Art. 20 DSGVO)."""
    reference = open_appointment(token).reference
    return as_json_file(stored_behind(token), reference)


@blueprint.get("/t/<token>/erase")
def ask_to_erase(token: str) -> str | Redirection:
    """Ask once more, and say what becomes of the appointment and what stays."""
    found = open_appointment(token)
    if found.is_bare:
        return redirect(url_for(".appointment", token=token))
    return _ask(found)


@blueprint.post("/t/<token>/erase")
def erase_it(token: str) -> Redirection | tuple[str, int]:
    """Erase it (Art. 17 DSGVO), and lead away from an address that opens nothing any more."""
    found = open_appointment(token)
    try:
        town = erase_behind(token, now=clock.now())
    except Unavailable:
        raise
    except Refusal as refusal:
        return _ask(found, problem=problems.precise(refusal)), problems.status(refusal)
    return redirect(url_for(".say_erased", municipality=town, lang=languages.asked()), code=303)


@blueprint.get("/<municipality>/erased")
def say_erased() -> str:
    """Say that everything is gone; the page names nobody and nothing."""
    return render_template("citizen/erased.html")


def _ask(found: Appointment, problem: str = "") -> str:
    is_to_come = found.start > clock.now() and found.status_at(clock.now()) in {Status.PENDING, Status.CONFIRMED}
    return render_template(
        "citizen/erase.html", appointment=found, has_booked=has_booked(found), is_to_come=is_to_come, problem=problem
    )


def _with_moments(letter: dict[str, Any]) -> dict[str, Any]:
    return letter | {"at": datetime.fromisoformat(letter["sent_at"] or letter["created_at"])}
