"""Who lost the link gets it again by mail; the answer is the same whether the appointment exists or not."""

from flask import g, render_template, request

from booking import clock
from booking.actions.resend import send_link
from booking.errors import Fault, Invalid
from booking.web import problems
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import field_of, read_email

LONGEST_REFERENCE = 40
REQUIRED = Fault("/reference", "required")


@blueprint.get("/<municipality>/link")
def ask_for_link() -> str:
    """Ask for reference and address; calendar entries lead here, with the reference."""
    return _show(request.args.get("reference", "")[:LONGEST_REFERENCE], "")


@blueprint.post("/<municipality>/link")
def mail_link() -> str | tuple[str, int]:
    """Mail the link, if there is one to mail."""
    reference = request.form.get("reference", "").strip()[:LONGEST_REFERENCE]
    email = request.form.get("email", "").strip()
    found = ""
    errors: dict[str, str] = {}
    try:
        found = read_email(email)
    except Invalid as invalid:
        errors = {field_of(fault): problems.fault_sentence(fault) for fault in invalid.faults}
    if not reference:
        errors["reference"] = problems.fault_sentence(REQUIRED)
    if errors:
        return _show(reference, email, errors), 422
    send_link(g.catalogue.slug, reference, found, now=clock.now())
    return render_template("citizen/link_sent.html")


@blueprint.post("/<municipality>/link/again")
def ask_again() -> str:
    """Show the page again, for another language, and send nothing."""
    return _show(request.form.get("reference", "")[:LONGEST_REFERENCE], request.form.get("email", ""))


def _show(reference: str, email: str, errors: dict[str, str] | None = None) -> str:
    g.language_endpoint = "citizen.ask_again"
    return render_template("citizen/link.html", reference=reference, email=email, errors=errors or {})
