"""Booking a time, and the page that says: not booked yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.book import ROUTE, book
from booking.actions.confirm import confirm_by_code
from booking.actions.find_appointment import find_by_holder
from booking.actions.replays import replayed
from booking.actions.resend import correct_address, resend
from booking.errors import Invalid, KeyReused, NotFound, Refusal, Unavailable, WithAlternatives
from booking.rules.appointments import Appointment, Order
from booking.rules.lifecycle import Status
from booking.web import languages, problems
from booking.web.citizen.contact import show_contact
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import Typed, check, read_code, read_email, read_start, read_typed
from booking.web.citizen.times import show_times

NOTHING_TYPED: Mapping[str, str] = MappingProxyType({})


@blueprint.post("/<municipality>/book")
def take() -> str | Redirection | tuple[str, int]:
    """Book the time whose button was pressed; pressed twice, or sent again by Reload, it answers the same."""
    typed = read_typed()
    if typed is None:
        return redirect(url_for(".concerns"))
    start = request.form.get("start", "")
    try:
        done = replayed(g.catalogue.slug, ROUTE, typed.key, typed.body(start))
        return show_pending(done or _book(typed, start))
    except Unavailable:
        raise
    except KeyReused:
        return _show_twice(typed, start), HTTPStatus.CONFLICT
    except Refusal as refusal:
        return _refused(typed, refusal, start)


@blueprint.post("/<municipality>/twice")
def twice() -> str | Redirection:
    """Show the question again, for another language: its form has lost the key, and /book would book by it."""
    typed = read_typed()
    if typed is None:
        return redirect(url_for(".concerns"))
    return _show_twice(typed, request.form.get("start", ""))


def _show_twice(typed: Typed, start: str) -> str:
    g.language_endpoint = "citizen.twice"
    return render_template("citizen/twice.html", typed=typed, start=start)


def _book(typed: Typed, start: str) -> Appointment:
    contact, answers = check(typed)
    choice = typed.choice
    order = Order(
        municipality=choice.catalogue.slug,
        office=choice.visit.office.slug,
        start=read_start(start),
        wishes=choice.wishes,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        language=languages.asked(),
        answers=answers,
        channel="online",
        key=typed.key,
        body=typed.body(start),
        network=request.remote_addr or "",
    )
    return book(order, now=clock.now())


def _refused(typed: Typed, refusal: Refusal, start: str) -> tuple[str, int]:
    """Show the step that can mend it, with everything that was typed."""
    status = problems.status(refusal)
    if isinstance(refusal, Invalid) and all(fault.pointer != "/start" for fault in refusal.faults):
        return show_contact(typed, refusal.faults), status
    if isinstance(refusal, NotFound):
        raise refusal
    alternatives = refusal.alternatives if isinstance(refusal, WithAlternatives) else ()
    wanted = None if isinstance(refusal, Invalid) else read_start(start).astimezone(g.catalogue.zone).date()
    page = show_times(typed, wanted=wanted, alternatives=alternatives, problem=problems.precise(refusal))
    return page, status


@blueprint.post("/<municipality>/pending")
def pending() -> str:
    """Show the page again, for another language, with what is typed into it."""
    return show_pending(find_by_holder(*_secrets()), typed=request.form)


@blueprint.post("/<municipality>/pending/code")
def type_code() -> str | tuple[str, int]:
    """Confirm by the letter's digits."""
    reference, holder = _secrets()
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
    """Send the letter once more."""
    try:
        return show_pending(resend(*_secrets(), now=clock.now()), said="resent", typed=request.form)
    except (NotFound, Unavailable):
        raise
    except Refusal as refusal:
        return _still_pending(refusal, field="resend")


@blueprint.post("/<municipality>/pending/email")
def correct() -> str | tuple[str, int]:
    """Send the letter to a corrected address."""
    typed = request.form.get("email", "").strip()
    try:
        email = read_email(typed)
        return show_pending(correct_address(*_secrets(), email, now=clock.now()), said="corrected")
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
    _here(appointment)
    g.language_endpoint = "citizen.pending"
    now = clock.now()
    state = appointment.told_at(now)
    if state not in {Status.PENDING, Status.EXPIRED}:
        return _show_settled(appointment, state, now)
    deadline, zone = _deadline(appointment, now), appointment.catalogue.zone
    return render_template(
        "citizen/pending.html",
        appointment=appointment,
        deadline=deadline,
        is_today=deadline is not None and deadline.astimezone(zone).date() == now.astimezone(zone).date(),
        is_late=state is Status.EXPIRED,
        said=said,
        problem=problem,
        code=typed.get("code", ""),
        email=typed.get("email", appointment.email),
    )


def _show_settled(appointment: Appointment, state: Status, now: datetime) -> str:
    return render_template(
        "citizen/booked.html",
        appointment=appointment,
        concerns=[appointment.catalogue.concern(concern.id) for concern in appointment.concerns],
        is_cancelled=state is Status.CANCELLED,
        is_over=state is Status.NO_SHOW or appointment.end <= now,
    )


def _deadline(appointment: Appointment, now: datetime) -> datetime | None:
    """Return the time that can be promised: the clock really starts when the relay takes the letter, a little later."""
    usual = appointment.created_at + timedelta(minutes=appointment.office.policy.confirm_minutes)
    if appointment.confirm_by is None or usual <= now:
        return appointment.confirm_by
    return min(usual, appointment.confirm_by)


def _is_correction() -> bool:
    """Whether somebody pressed Enter in the address's field: that presses the first button, which wants a code."""
    email = request.form.get("email", "").strip()
    if not email or request.form.get("code", "").strip():
        return False
    return email != find_by_holder(*_secrets()).email


def _still_pending(refusal: Refusal, *, field: str) -> tuple[str, int]:
    appointment = find_by_holder(*_secrets())
    problem = (field, problems.precise(refusal))
    return show_pending(appointment, problem=problem, typed=request.form), problems.status(refusal)


def _here(appointment: Appointment) -> Appointment:
    """Refuse an appointment of another municipality; let its office be the one to call."""
    if appointment.catalogue.id != g.catalogue.id:
        raise NotFound("appointment")
    g.offices = [appointment.office]
    return appointment


def _secrets() -> tuple[str, str]:
    return request.form.get("reference", ""), request.form.get("holder", "")
