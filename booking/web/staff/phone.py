"""The phone page: from the caller's wish to the spoken reference on one page, by keyboard.

Every step is a POST that answers with the whole page, so that nothing personal stands in an address and everything
works without a script; the script sends the same forms and puts the parts of the answer in place.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import render_template, request, url_for

from booking import clock
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.find_for_phone import FreeTimes, find_for_phone
from booking.actions.hold_time import free_hold, hold_time, lapse_of
from booking.errors import Fault, Invalid, NeedsReason, Refusal, StartTaken
from booking.ical.wording import short_name
from booking.rules import roles
from booking.rules.appointments import Appointment, Order
from booking.rules.catalogue import Clerk, Office
from booking.rules.cautions import REASONS, Caution
from booking.rules.email_slips import suggestion
from booking.rules.languages import LANGUAGES
from booking.rules.roles import Actor, Role
from booking.rules.spoken import spelled
from booking.web import problems
from booking.web.citizen.form import field_of
from booking.web.schemas import check_caller, check_texts
from booking.web.staff.door import actor_at, admits, blueprint
from booking.web.staff.find import known_of
from booking.web.staff.phone_form import (
    REASON,
    Call,
    Caller,
    Choice,
    body_of,
    chosen_office,
    read_call,
    read_caller,
    read_choice,
)
from booking.web.staff.phone_towns import choose_town, towns_of
from booking.web.staff.subject import handle_of
from booking.web.staff.users import staff

Answer = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """What the page has to say about the last step: a sentence, faults by field, cautions, other times, a doubt."""

    sentence: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    cautions: tuple[str, ...] = ()
    alternatives: tuple[datetime, ...] = ()
    office: str = ""
    status: int = 200
    is_doubt: bool = False


NOTHING = Said()
DOUBT = Said(is_doubt=True)


@blueprint.get("/phone")
@admits(*roles.BOOKERS)
def show_phone() -> Answer:
    """Begin a call."""
    towns = towns_of(staff())
    return _show(read_call(towns[0].slug)) if len(towns) == 1 else choose_town(towns)


@blueprint.post("/phone")
@admits(*roles.BOOKERS)
def look_on_phone() -> Answer:
    """Search, choose concerns, count persons, filter times: whatever the pressed button says."""
    towns = towns_of(staff())
    town = request.form.get("town", "")
    if all(each.slug != town for each in towns):
        return choose_town(towns)
    return _show(read_call(town))


@blueprint.post("/phone/hold")
@admits(*roles.BOOKERS)
def hold_on_phone() -> Answer:
    """Hold the chosen time and ask who calls."""
    call = read_call(request.form.get("town", ""))
    try:
        choice = read_choice(call)
        by = _actor(call, choice)
        held = hold_time(_order(call, choice, read_caller()), by=by, clerk=choice.clerk, now=clock.now())
    except Refusal as refusal:
        return _show(call, _said(refusal))
    caller = read_caller(channel="desk" if by.role is Role.DESK else "phone")
    return _ask_caller(call, choice, caller, Said(cautions=tuple(held.cautions)))


@blueprint.post("/phone/free")
@admits(*roles.BOOKERS)
def free_on_phone() -> Answer:
    """Free the held time and show times again; what was typed stays."""
    free_hold(staff().login)
    return look_on_phone()


@blueprint.post("/phone/book")
@admits(*roles.BOOKERS)
def book_on_phone() -> Answer:
    """Book the held time and read the appointment back."""
    call, caller = read_call(request.form.get("town", "")), read_caller()
    choice = read_choice(call)
    if caller.email and suggestion(caller.email) and caller.doubted != caller.email:
        return _ask_caller(call, choice, replace(caller, doubted=caller.email), DOUBT)
    try:
        who = check_caller(name=caller.name, email=caller.email, phone=caller.phone)
        caller = replace(caller, name=who.name, email=who.email, phone=who.phone, answers=check_texts(caller.answers))
        insisting = Insisting(choice.clerk, caller.reasons)
        by = _actor(call, choice)
        booked = book_by_staff(_order(call, choice, caller), by=by, insisting=insisting, now=clock.now())
    except StartTaken as taken:
        return _show(call, _said(taken))
    except Refusal as refusal:
        return _ask_caller(call, choice, caller, _said(refusal))
    return render_template(
        "staff/phone_booked.html",
        booked=booked,
        signs=spelled(booked.reference),
        call=call,
        may_print=by.role in roles.DAY,
        page=_page_of(booked, by),
    )


def _page_of(booked: Appointment, by: Actor) -> str:
    """Return where to mend what was misheard, once it is read back; empty for whoever may only book."""
    town, office = booked.catalogue.slug, booked.office
    if by.role in roles.DAY:
        return url_for("staff.show_appointment", place=f"{town}.{office.slug}", reference=booked.reference)
    return "" if by.books_only else url_for("staff.show_found", handle=handle_of(town, office.id, booked.reference))


def _show(call: Call, said: Said = NOTHING) -> Answer:
    """Show what was found and the next times; what was typed about the caller travels on."""
    free = None
    try:
        if call.wishes:
            free = find_for_phone(call.catalogue.slug, call.wishes, sieve=call.sieve, now=clock.now())
    except Refusal as refusal:  # these concerns do not go together, say: all of them stay, to be taken back one by one
        said = said if said.sentence else _said(refusal)
    page = render_template(
        "staff/phone.html",
        call=call,
        free=free,
        said=said,
        extra=_clerks(free) if free else [],
        kept=read_caller().hidden() if "name" in request.form else [],
        several=len(towns_of(staff())) > 1,
        weekdays=sorted(call.weekdays_from(clock.now()) | call.sieve.weekdays),
        short_name=short_name,
    )
    return page, said.status


def _ask_caller(call: Call, choice: Choice, caller: Caller, said: Said) -> Answer:
    cautions = tuple(dict.fromkeys((*said.cautions, *caller.reasons)))
    may_find = any(not at.books_only for at in staff().memberships)
    is_warned = may_find and Caution.ALREADY_BOOKED in said.cautions
    page = render_template(
        "staff/phone_caller.html",
        call=call,
        choice=choice,
        office=call.catalogue.office(choice.office),
        person=caller,
        said=said,
        errors=dict(said.errors),
        cautions=[(caution, REASONS[Caution(caution)]) for caution in cautions if caution in REASONS],
        focus=_focus(said),
        may_find=may_find,
        known=known_of(caller.name, caller.phone, caller.email) if is_warned else (),
        until=lapse_of(staff().login, now=clock.now()),
        meant=suggestion(caller.email) if said.is_doubt else None,
        names={tag: LANGUAGES[tag].name for tag in call.catalogue.languages if tag in LANGUAGES},
    )
    return page, said.status


def _focus(said: Said) -> str:
    """Return the field to go on with: the faulty one, the first reason that is missing, the address in doubt."""
    if said.errors:
        return said.errors[0][0]
    if said.sentence and said.cautions:
        return f"{REASON}{said.cautions[0]}"
    return "email" if said.is_doubt else "name"


def _said(refusal: Refusal) -> Said:
    named = problems.faults(refusal) if isinstance(refusal, Invalid) else ()
    return Said(
        sentence=problems.precise(refusal),
        errors=tuple((_field_of(fault), problems.fault_sentence(fault)) for fault in named),
        cautions=refusal.cautions if isinstance(refusal, NeedsReason) else (),
        alternatives=refusal.alternatives if isinstance(refusal, StartTaken) else (),
        office=chosen_office(),
        status=problems.status(refusal),
    )


def _field_of(fault: Fault) -> str:
    return field_of(fault).replace("reasons/", REASON)


def _actor(call: Call, choice: Choice) -> Actor:
    return actor_at(call.catalogue.slug, roles.BOOKERS, call.catalogue.office(choice.office).id)


def _order(call: Call, choice: Choice, caller: Caller) -> Order:
    return Order(
        municipality=call.catalogue.slug,
        office=choice.office,
        start=choice.start,
        wishes=call.wishes,
        name=caller.name,
        email=caller.email,
        phone=caller.phone,
        language=caller.language,
        answers=caller.answers,
        channel=caller.channel,
        key=caller.key,
        body=body_of(call, choice, caller),
        network="",
    )


def _clerks(free: FreeTimes) -> list[tuple[Office, Clerk]]:
    """Return who could take an extra appointment outside blocks."""
    return [(visit.office, clerk) for visit in free.visits for clerk in visit.clerks]
