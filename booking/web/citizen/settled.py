"""The page of whoever confirmed by code: as good as by link, except that the letter alone leads to move and cancel."""

from datetime import datetime

from flask import Response, g, render_template, request

from booking import clock, ical
from booking.actions.find_appointment import find_by_holder
from booking.errors import NotFound
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import UNBOOKED, Status, check_booked
from booking.web.citizen.door import blueprint
from booking.web.citizen.drawn import qr_code


@blueprint.post("/<municipality>/pending/calendar.ics")
def calendar_by_holder() -> Response:
    """Return the calendar entry as a file; like every one it carries no token."""
    return as_calendar_file(here(find_by_holder(*secrets())))


@blueprint.post("/<municipality>/pending/checklist")
def checklist_by_holder() -> str:
    """Show the checklist alone, to print and tick off."""
    found = here(find_by_holder(*secrets()))
    check_booked(found.told_at(clock.now()))
    g.language_endpoint = "citizen.checklist_by_holder"
    return show_printed(found)


def show_settled(appointment: Appointment, state: Status, now: datetime) -> str:
    """Return the page of an appointment that is booked, or was."""
    here(appointment)
    is_over = state is Status.NO_SHOW or appointment.end <= now
    is_booked = not is_over and state is not Status.CANCELLED
    return render_template(
        "citizen/booked.html",
        appointment=appointment,
        concerns=appointment.chosen,
        is_cancelled=state is Status.CANCELLED,
        is_over=is_over,
        has_booked=has_booked(appointment),
        code=qr_code(appointment.reference) if is_booked else None,
    )


def show_printed(appointment: Appointment) -> str:
    """Return the checklist for paper."""
    return render_template(
        "citizen/printed.html",
        appointment=appointment,
        concerns=appointment.chosen,
        has_booked=has_booked(appointment),
        code=qr_code(appointment.reference),
    )


def as_calendar_file(appointment: Appointment) -> Response:
    """Answer with the calendar entry; it carries no token, for calendars get shared. Raises NotPossibleNow."""
    answer = Response(ical.download(appointment, now=clock.now()), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="termin-{appointment.reference}.ics"'
    return answer


def has_booked(appointment: Appointment) -> bool:
    """Whether it was ever booked: who has a letter needs no help without one."""
    return appointment.status not in UNBOOKED


def here(appointment: Appointment) -> Appointment:
    """Refuse an appointment of another municipality; let its office be the one to call."""
    if appointment.catalogue.id != g.catalogue.id:
        raise NotFound("appointment")
    g.offices = [appointment.office]
    return appointment


def secrets() -> tuple[str, str]:
    """Return reference and holder from the form."""
    return request.form.get("reference", ""), request.form.get("holder", "")
