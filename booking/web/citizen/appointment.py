"""The appointment's one page behind the mailed link: confirm, then move, cancel, calendar, checklist."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.answer_relocation import accept_relocation, with_question
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.find_appointment import find_by_token, town_of
from booking.actions.keep import keep
from booking.actions.move import move
from booking.actions.undo import undo, way_back
from booking.errors import LinkRevoked, NotFound, Refusal, Unavailable, WithAlternatives
from booking.rules.appointments import Appointment, Wish
from booking.rules.lifecycle import Status, Verb, may
from booking.web import languages, problems
from booking.web.citizen.choice import concerns_online
from booking.web.citizen.days import read_day
from booking.web.citizen.door import blueprint
from booking.web.citizen.drawn import qr_code
from booking.web.citizen.form import read_start
from booking.web.citizen.settled import as_calendar_file, has_booked, show_printed
from booking.web.citizen.times import offer

DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


@blueprint.get("/t/<token>")
def appointment(token: str) -> str:
    """Show the appointment; its buttons follow its state. Mail scanners open this: it changes nothing."""
    return _show(open_appointment(token), said=request.args.get("said", ""))


@blueprint.post("/t/<token>/confirm")
def confirm_it(token: str) -> Redirection | tuple[str, int]:
    """Confirm; too late for its time, offer the nearest free ones, with nothing to be typed again."""
    return _act(token, lambda: confirm(token, now=clock.now()), "confirmed")


@blueprint.post("/t/<token>/accept")
def accept_it(token: str) -> Redirection | tuple[str, int]:
    """Accept the time to which the office has moved it."""
    return _act(token, lambda: accept_relocation(token, now=clock.now()), "accepted")


@blueprint.post("/t/<token>/keep")
def keep_it(token: str) -> Redirection | tuple[str, int]:
    """Come all the same, though one's calendar has declined it."""
    return _act(token, lambda: keep(token, now=clock.now()), "kept")


@blueprint.get("/t/<token>/cancel")
def ask_to_cancel(token: str) -> str | Redirection:
    """Ask once more before anything is given away."""
    found = open_appointment(token)
    if not _may(found, Verb.CANCEL):
        return redirect(url_for(".appointment", token=token))
    return render_template("citizen/cancel.html", appointment=found, has_booked=has_booked(found))


@blueprint.post("/t/<token>/cancel")
def cancel_it(token: str) -> Redirection | tuple[str, int]:
    """Cancel."""
    return _act(token, lambda: cancel(token, now=clock.now()), "cancelled")


@blueprint.get("/t/<token>/move")
def choose_other(token: str) -> str | Redirection:
    """Show the free times to move to."""
    found = open_appointment(token)
    if not _may(found, Verb.MOVE):
        return redirect(url_for(".appointment", token=token))
    return _show_move(found)


@blueprint.post("/t/<token>/move")
def move_it(token: str) -> Redirection | tuple[str, int]:
    """Move to the time whose button was pressed."""
    found = open_appointment(token)
    try:
        start = read_start(request.form.get("start", ""))
        move(token, start, office=request.form.get("office") or None, now=clock.now())
    except Unavailable:
        raise
    except WithAlternatives as taken:
        return _show_move(found, problem=problems.sentence(taken), alternatives=taken.alternatives), 409
    except Refusal as refusal:
        return _show(open_appointment(token), problem=problems.precise(refusal)), problems.status(refusal)
    return _done(token, "moved")


@blueprint.post("/t/<token>/undo")
def undo_it(token: str) -> Redirection | tuple[str, int]:
    """Take back the move or cancellation that the button names."""
    named = request.form.get("step", "")
    step = int(named) if DIGITS.fullmatch(named) else -1
    return _act(token, lambda: undo(token, step=step, now=clock.now()), "undone")


@blueprint.get("/t/<token>/checklist")
def checklist_to_print(token: str) -> str:
    """Show the checklist alone, to print and tick off."""
    return show_printed(open_appointment(token))


@blueprint.get("/t/<token>/calendar.ics")
def calendar(token: str) -> Response:
    """Return the calendar entry as a file; it carries no token, for calendars get shared."""
    return as_calendar_file(open_appointment(token))


def _done(token: str, said: str) -> Redirection:
    """Lead to the appointment: Reload repeats nothing there, and its focus is on what has been done."""
    return redirect(url_for(".appointment", token=token, said=said, _anchor="said"), code=303)


def open_appointment(token: str) -> Appointment:
    """Return the appointment of a link, and speak its language. Raises NotFound, LinkRevoked: their page leads home."""
    try:
        found = find_by_token(token)
    except (NotFound, LinkRevoked):
        _lead_home(token)
        raise
    g.catalogue = found.catalogue
    g.offices = [found.office]
    if languages.explicit() not in found.catalogue.languages:
        languages.speak(found.language)
    return found


def _lead_home(token: str) -> None:
    """Let the page that refuses a dead link know where to ask for a new one."""
    if town := town_of(token):
        g.catalogue = town
        languages.limit_to(town.languages)


def _act(token: str, act: Callable[[], object], said: str) -> Redirection | tuple[str, int]:
    """Do what a button asks for and say it on the page; what is refused is said there, with the nearest times."""
    open_appointment(token)
    try:
        act()
    except Unavailable:
        raise
    except Refusal as refusal:
        alternatives = refusal.alternatives if isinstance(refusal, WithAlternatives) else ()
        page = _show(open_appointment(token), problem=problems.precise(refusal), alternatives=alternatives)
        return page, problems.status(refusal)
    return _done(token, said)


def _show(found: Appointment, *, said: str = "", problem: str = "", alternatives: Sequence[datetime] = ()) -> str:
    now = clock.now()
    status = found.status_at(now)
    is_booked = status is Status.CONFIRMED and found.start > now
    found = with_question(found) if is_booked else found
    return render_template(
        "citizen/appointment.html",
        appointment=found,
        status=status,
        is_past=found.start <= now,
        may_move=_may(found, Verb.MOVE),
        may_cancel=_may(found, Verb.CANCEL),
        is_booked=is_booked,
        has_booked=has_booked(found),
        code=qr_code(found.reference) if is_booked else None,
        concerns=found.chosen,
        again=_again(found),
        way=way_back(found, now=now),
        said=said,
        problem=problem,
        alternatives=alternatives,
    )


def _show_move(found: Appointment, *, problem: str = "", alternatives: Sequence[datetime] = ()) -> str:
    office = request.values.get("office")
    wishes = [Wish(concern.slug, concern.quantity) for concern in found.concerns]
    target = found.catalogue.office(office) if office else found.office
    g.language_endpoint = "citizen.choose_other"
    return render_template(
        "citizen/move.html",
        appointment=found,
        has_booked=has_booked(found),
        offer=offer(wishes, target, wanted=read_day(request.values.getlist("day"))),
        problem=problem,
        alternatives=alternatives,
    )


def _may(found: Appointment, verb: Verb) -> bool:
    now = clock.now()
    return found.start > now and may(found.status_at(now), verb)


def _again(found: Appointment) -> list[str]:
    """Return the same choice for a new booking: what can still be chosen of it."""
    bookable = {concern.id for concern in concerns_online(found.catalogue)}
    return [f"{concern.slug}:{concern.quantity}" for concern in found.concerns if concern.id in bookable]
