"""Steps that only a form reaches, asked for without it: Enter in the address bar leads to where one begins."""

from flask import redirect, url_for
from werkzeug.wrappers import Response as Redirection

from booking.web.citizen.door import blueprint


@blueprint.get("/<municipality>/book")
@blueprint.get("/<municipality>/proof")
@blueprint.get("/<municipality>/twice")
@blueprint.get("/<municipality>/time")
@blueprint.get("/<municipality>/pending")
@blueprint.get("/<municipality>/pending/code")
@blueprint.get("/<municipality>/pending/resend")
@blueprint.get("/<municipality>/pending/time")
@blueprint.get("/<municipality>/pending/email")
@blueprint.get("/<municipality>/pending/calendar.ics")
@blueprint.get("/<municipality>/pending/checklist")
def begin() -> Redirection:
    """Lead to the concerns: what was typed, and the holder of a booking, was in the form alone."""
    return redirect(url_for(".concerns"))


@blueprint.get("/<municipality>/link/again")
def begin_link() -> Redirection:
    """Lead to the page that asks for the address."""
    return redirect(url_for(".ask_for_link"))


@blueprint.get("/t/<token>/accept")
@blueprint.get("/t/<token>/confirm")
@blueprint.get("/t/<token>/keep")
@blueprint.get("/t/<token>/undo")
def begin_appointment(token: str) -> Redirection:
    """Lead to the appointment; whether the link still opens it, that page says."""
    return redirect(url_for(".appointment", token=token))
