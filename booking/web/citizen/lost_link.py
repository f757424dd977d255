"""Who lost the link gets it again by mail; the answer is the same, and as fast, whether there is one or not."""

from http import HTTPStatus

from flask import g, render_template, request

from booking import clock
from booking.actions.lost_link import note_request
from booking.errors import Invalid
from booking.web import problems
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import field_of, read_email

LONGEST_REFERENCE = 40


@blueprint.get("/<municipality>/link")
def ask_for_link() -> str:
    """Ask for the address, and the reference if it is known; calendar entries lead here with theirs."""
    return _show(request.args.get("reference", "")[:LONGEST_REFERENCE], "")


@blueprint.post("/<municipality>/link")
def mail_link() -> str | tuple[str, int]:
    """Have the links mailed, if there are any."""
    reference = request.form.get("reference", "").strip()[:LONGEST_REFERENCE]
    email = request.form.get("email", "").strip()
    try:
        found = read_email(email)
    except Invalid as invalid:
        errors = {field_of(fault): problems.fault_sentence(fault) for fault in invalid.faults}
        return _show(reference, email, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    note_request(g.catalogue.slug, reference, found, network=request.remote_addr or "", now=clock.now())
    return render_template("citizen/link_sent.html")


@blueprint.post("/<municipality>/link/again")
def ask_again() -> str:
    """Show the page again, for another language, and send nothing."""
    return _show(request.form.get("reference", "")[:LONGEST_REFERENCE], request.form.get("email", ""))


def _show(reference: str, email: str, errors: dict[str, str] | None = None) -> str:
    g.language_endpoint = "citizen.ask_again"
    return render_template("citizen/link.html", reference=reference, email=email, errors=errors or {})
