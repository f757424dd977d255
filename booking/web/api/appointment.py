"""Doors: one appointment, for whoever holds the mailed link's token."""

from datetime import datetime

from flask import Response

from booking import clock, ical
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.find_appointment import find_by_token
from booking.actions.move import move
from booking.rules.appointments import Appointment
from booking.web import schemas
from booking.web.api.appointments import UNKEPT, check_future, shown
from booking.web.api.reading import bearer_token, filled, filled_or_empty, raw_body


def show() -> Response:
    """Show the appointment. It changes nothing: mail scanners open links."""
    return _seen(find_by_token(bearer_token()), clock.now())


def confirm_with_token() -> Response:
    """Confirm the appointment, also late if its time is still free. What is confirmed stays so."""
    now = clock.now()
    filled_or_empty(schemas.EmptyForm)
    return _seen(confirm(bearer_token(), now=now), now)


def cancel_with_token() -> Response:
    """Cancel the appointment. What is cancelled stays so.

    The time returns to others, and the letter leaves, after a minute: on the appointment's page it can be undone.
    """
    now = clock.now()
    filled_or_empty(schemas.EmptyForm)
    return _seen(cancel(bearer_token(), now=now), now)


def move_with_token() -> Response:
    """Move the appointment to another start, perhaps at another office; it may overlap its old time.

    Whoever has the link has proven the address: moving what was not confirmed confirms it. The old time returns to
    others, and the letter leaves, after a minute: until then moving back undoes it.
    """
    now = clock.now()
    values = filled(schemas.MoveForm, raw_body())
    check_future(values["start"], now)
    return _seen(move(bearer_token(), values["start"], office=values["office"], now=now), now)


def _seen(booked: Appointment, now: datetime) -> Response:
    return shown(booked, booked.status_at(now))


def calendar() -> Response:
    """Fetch the appointment as a calendar file (RFC 5545, METHOD:PUBLISH) with the UID of the mailed one.

    Only once it is booked; what was cancelled since says so.
    """
    booked = find_by_token(bearer_token())
    headers = UNKEPT | {"Content-Disposition": 'attachment; filename="termin.ics"'}
    return Response(
        ical.download(booked, now=clock.now()), headers=headers, content_type="text/calendar; charset=utf-8"
    )
