"""What staff hand over on paper: the Terminzettel and the waiting number, without a name on either."""

from flask import Response, g, make_response, render_template

from booking.actions.see_slip import see_slip, see_ticket
from booking.ical.origin import origin_of
from booking.rules import roles
from booking.web import languages
from booking.web.citizen.drawn import qr_code
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.places import Place


@blueprint.get("/<place:place>/appointments/<reference>/slip")
@admits(*roles.BOOKERS)
def show_slip(place: Place, reference: str) -> Response:  # noqa: ARG001 - the door has read the place
    """Show the slip in the appointment's language: A5, large, with the checklist and the reference as a QR code."""
    found = see_slip(reference, office=g.office.id, by=actor())
    languages.speak(found.language if found.language in g.catalogue.languages else "de")
    page = render_template(
        "citizen/slip.html",
        appointment=found,
        concerns=found.chosen,
        code=qr_code(found.reference),
        privacy=f"{origin_of(g.catalogue, found.language).booking_page}/privacy",  # Art. 13 DSGVO: callers read it here
    )
    answer = make_response(page)
    answer.headers["Content-Language"] = languages.asked()
    return answer


@blueprint.get("/<place:place>/walk-ins/<reference>/ticket")
@admits(*roles.DAY)
def show_ticket(place: Place, reference: str) -> str:  # noqa: ARG001 - likewise
    """Show the number that somebody waits with."""
    return render_template("staff/ticket.html", ticket=see_ticket(reference, office=g.office.id, by=actor()))
