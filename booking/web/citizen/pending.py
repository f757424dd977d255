"""The page that says: not booked yet. Who has just booked types the code, asks for the letter again, or for time."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flask import g, render_template, request

from booking import clock
from booking.actions.confirm import confirm_by_code
from booking.actions.find_appointment import find_by_holder
from booking.actions.resend import correct_address, extend, last_asked, letters_asked_for, resend
from booking.errors import NotFound, Refusal, Unavailable
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import UNBOOKED, Status, confirm_by, extended
from booking.rules.orders import policy_of_booked
from booking.web import problems
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import read_code, read_email
from booking.web.citizen.settled import here, secrets, show_settled

NOTHING_TYPED: Mapping[str, str] = {}
DIGITS = re.compile(r"[0-9]{1,3}", re.ASCII)


@blueprint.post("/<municipality>/pending")
def pending() -> str:
    """Show the page again, for another language, with what is typed into it."""
    return show_pending(find_by_holder(*secrets()), typed=request.form)


@blueprint.post("/<municipality>/pending/code")
def type_code() -> str | tuple[str, int]:
    """Confirm by the letter's digits."""
    reference, holder = secrets()
    if _is_correction():
        return correct()
    try:
        code = read_code(holder, request.form.get("code", ""))
        done = confirm_by_code(reference, holder, code, now=clock.now())
    except (NotFound, Unavailable):
        raise
    except Refusal as refusal:
        return _still_pending(refusal, field="code")
    return show_pending(done)


@blueprint.post("/<municipality>/pending/resend")
def send_again() -> str | tuple[str, int]:
    """Send the letter once more; pressed twice, or sent again by Reload, it sends one."""
    letters = request.form.get("letters", "")
    seen = int(letters) if DIGITS.fullmatch(letters) else None
    try:
        return show_pending(resend(*secrets(), now=clock.now(), seen=seen), said="resent", typed=request.form)
    except (NotFound, Unavailable):
        raise
    except Refusal as refusal:
        return _still_pending(refusal, field="resend")


@blueprint.post("/<municipality>/pending/time")
def give_time() -> str | tuple[str, int]:
    """Give the time to confirm once more; once (WCAG 2.2.1)."""
    try:
        return show_pending(extend(*secrets(), now=clock.now()), said="extended", typed=request.form)
    except (NotFound, Unavailable):
        raise
    except Refusal as refusal:
        return _still_pending(refusal, field="time")


@blueprint.post("/<municipality>/pending/email")
def correct() -> str | tuple[str, int]:
    """Send the letter to a corrected address."""
    typed = request.form.get("email", "").strip()
    try:
        email = read_email(typed)
        return show_pending(correct_address(*secrets(), email, now=clock.now()), said="corrected")
    except (NotFound, Unavailable):
        raise
    except Refusal as refusal:
        return _still_pending(refusal, field="email")


def show_pending(
    appointment: Appointment,
    *,
    said: str = "",
    problem: tuple[str, str] = ("", ""),
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> str:
    """Return "not booked yet": the holder in its form fields may type the code, resend or correct the address.

    ``problem`` is a field's name and a sentence, ``typed`` what stands in the fields. A repeated form finds the present
    state, which may be a later one.
    """
    g.language_endpoint = "citizen.pending"
    now = clock.now()
    state = appointment.told_at(now)
    if state not in UNBOOKED:
        return show_settled(appointment, state, now)
    here(appointment)
    asked, zone = last_asked(appointment), appointment.catalogue.zone
    deadline = _deadline(appointment, asked, now)
    return render_template(
        "citizen/pending.html",
        appointment=appointment,
        deadline=deadline,
        is_today=deadline is not None and deadline.astimezone(zone).date() == now.astimezone(zone).date(),
        is_late=state is Status.EXPIRED,
        may_extend=deadline is not None and _deadline(_given_time(appointment), asked, now) != deadline,
        letters=letters_asked_for(appointment),
        said=said,
        problem=problem,
        code=typed.get("code", ""),
        email=typed.get("email", appointment.email),
    )


def _deadline(appointment: Appointment, asked: datetime, now: datetime) -> datetime | None:
    """Return the time that can be promised: as if the relay had taken the latest letter when it was ``asked`` for.

    The clock really starts a little later, never sooner; if the relay is slow, what is known so far holds.
    """
    if appointment.confirm_by is None:
        return None
    promised = confirm_by(policy_of_booked(appointment), appointment.asking, accepted=asked)
    return min(promised, appointment.confirm_by) if promised > now else appointment.confirm_by


def _given_time(appointment: Appointment) -> Appointment:
    """Return the appointment as it would be with more time; it stays as it is where there is none left to give."""
    if appointment.is_extended or appointment.confirm_by is None:
        return appointment
    until = extended(policy_of_booked(appointment), appointment.asking, until=appointment.confirm_by)
    return replace(appointment, is_extended=True, confirm_by=until)


def _is_correction() -> bool:
    """Whether somebody pressed Enter in the address's field: that presses the first button, which wants a code."""
    email = request.form.get("email", "").strip()
    if not email or request.form.get("code", "").strip():
        return False
    return email != find_by_holder(*secrets()).email


def _still_pending(refusal: Refusal, *, field: str) -> tuple[str, int]:
    appointment = find_by_holder(*secrets())
    problem = (field, problems.precise(refusal))
    return show_pending(appointment, problem=problem, typed=request.form), problems.status(refusal)
