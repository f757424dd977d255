"""Prints: a day's sheets as a page and as a PDF."""

from datetime import date

from flask import Response, g, render_template, request

from booking import clock
from booking.actions.day_sheets import EVERY, day_sheets, day_sheets_pdf
from booking.actions.explain_day import clerks_of
from booking.rules import roles
from booking.rules.day_sheets import BOXES
from booking.web.staff.door import admits, blueprint
from booking.web.staff.places import Place

WALK_INS = 6  # blank lines for people without an appointment


@blueprint.get("/<place:place>/day/<day:day>/print")
@admits(*roles.DAY)
def print_day(place: Place, day: date) -> str:
    """Show a day as it is printed: the office's, one clerk's (``?platz=``) or every clerk's on a page of its own."""
    clerk, names = _wanted()
    return render_template(
        "staff/print_day.html",
        place=place,
        day=day,
        clerk=clerk,
        names=names,
        every=EVERY,
        clerks=clerks_of(g.catalogue, g.office),
        sheets=day_sheets(place.town, place.office, day, now=clock.now(), clerk=clerk, names=names),
        boxes=BOXES,
        walk_ins=WALK_INS,
    )


@blueprint.get("/<place:place>/day/<day:day>/sheet.pdf")
@admits(*roles.DAY)
def sheet_pdf(place: Place, day: date) -> Response:
    """Answer with the same as a PDF."""
    clerk, names = _wanted()
    pdf = day_sheets_pdf(place.town, place.office, day, now=clock.now(), clerk=clerk, names=names)
    shown = {"Content-Disposition": f'inline; filename="tagesplan-{day}.pdf"'}
    return Response(pdf, headers=shown, mimetype="application/pdf")


def _wanted() -> tuple[str, bool]:
    """Return whose sheet is asked for, and whether names stand on it."""
    return request.args.get("platz", ""), request.args.get("namen") != "nein"
