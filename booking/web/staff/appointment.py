"""One appointment's page for staff, and what is done there: at the desk, and for a caller who was found."""

from datetime import datetime, timedelta
from typing import Any

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.notes import edition_of
from booking.actions.offer_moves import offer_moves, offer_whole_day
from booking.actions.see_appointment import Record, history_of, see_appointment
from booking.errors import Forbidden, NoteChanged, NotFound, Refusal, WithAlternatives
from booking.rules import roles
from booking.rules.catalogue import Clerk
from booking.rules.cautions import REASONS, Caution
from booking.rules.languages import LANGUAGES
from booking.web import problems
from booking.web.staff import audit_words, review
from booking.web.staff.deeds import AT_THE_DESK, DEEDS, PAGES
from booking.web.staff.door import admits, blueprint
from booking.web.staff.origins import inside
from booking.web.staff.places import Place
from booking.web.staff.subject import Subject, day_of, subject_at, subject_found, way_back
from booking.web.staff.typed import asked_day

Answer = str | Response | tuple[str, int]
DAY = timedelta(days=1)
TEMPLATES = {"block": "block_address"}  # a block is of somebody's hours, elsewhere
BACK_TO_DAY = frozenset({"move", "cancel", "block"})  # after these one goes on with the day; else with the appointment


@blueprint.get("/<place:place>/appointments/<reference>")
@admits(*roles.DAY)
def show_appointment(place: Place, reference: str) -> Answer:
    """Show everything about an appointment of this office."""
    return _page(_here(place, reference))


@blueprint.get("/<place:place>/appointments/<reference>/<any(move, cancel, block):step>")
@admits(*roles.DAY)
def ask_about(place: Place, reference: str, step: str) -> Answer:
    """Ask where to move it, why to cancel it, or why to block its address, too."""
    return _ask(_here(place, reference), step)


@blueprint.post("/<place:place>/appointments/<reference>/<verb>")
@admits(*roles.DAY)
def change_appointment(place: Place, reference: str, verb: str) -> Answer:
    """Move, cancel, take back, correct, note or send again."""
    return _change(_here(place, reference), verb)


@blueprint.get("/found/<handle>")
@admits(*roles.BOOKERS)
def show_found(handle: str) -> Answer:
    """Show what a caller needs of the appointment that was found."""
    return _page(subject_found(handle))


@blueprint.get("/found/<handle>/<any(move, cancel, block):step>")
@admits(*roles.BOOKERS)
def ask_about_found(handle: str, step: str) -> Answer:
    """Ask where to move it, why to cancel it, or why to block its address, too."""
    return _ask(subject_found(handle), step)


@blueprint.post("/found/<handle>/<verb>")
@admits(*roles.BOOKERS)
def change_found(handle: str, verb: str) -> Answer:
    """Move, cancel, take back, correct or send again for a caller."""
    return _change(subject_found(handle), verb)


def _here(place: Place, reference: str) -> Subject:
    """Return the appointment of the address, whose office may have been another's when the link was made."""
    subject = subject_at(place, reference)
    if see_appointment(subject.by, reference, now=clock.now()).office.id != g.office.id:
        raise NotFound("appointment")
    return subject


def _ask(subject: Subject, step: str) -> str:
    if step == "block" and subject.by.role not in roles.MANAGERS:
        raise Forbidden
    return _page(subject, step)


def _change(subject: Subject, verb: str) -> Answer:
    """Do it and go back to where one came from; what is refused is said on the page where it was asked for."""
    if verb not in DEEDS:
        raise NotFound
    if verb in AT_THE_DESK and not subject.is_full:
        raise Forbidden
    now = clock.now()
    before = see_appointment(subject.by, subject.reference, now=now)
    try:
        did = DEEDS[verb](subject, now)
    except Refusal as refusal:
        return _page(subject, PAGES.get(verb, ""), refusal, verb), problems.status(refusal)
    return redirect(_after(subject, verb, before, did=did, now=now))


def _after(subject: Subject, verb: str, before: Record, *, did: str, now: datetime) -> str:
    """Return where to go, with what was done and how to take it back in the address: codes, no personal data."""
    after = see_appointment(subject.by, subject.reference, now=now)
    here = f"{after.catalogue.slug}.{after.office.slug}"
    default = subject.base
    if subject.is_full:
        default = subject.base.replace(f"/{before.catalogue.slug}.{before.office.slug}/", f"/{here}/")
        if verb in BACK_TO_DAY:
            default = day_of(f"{before.catalogue.slug}.{before.office.slug}", before.start or before.arrived_at)
    step = after.way_back.step if after.way_back else ""
    target = way_back(default)
    return f"{target}{'&' if '?' in target else '?'}did={did}:{here}:{after.reference}:{step}"


def _page(subject: Subject, step: str = "", refusal: Refusal | None = None, verb: str = "") -> str:
    now = clock.now()
    record = see_appointment(subject.by, subject.reference, now=now)
    g.catalogue = record.catalogue
    history = history_of(subject.by, subject.reference) if subject.is_full and not step else None
    back = request.values.get("back", "")
    named = problems.faults(refusal) if refusal else ()
    return render_template(
        f"staff/{TEMPLATES.get(step, step) or 'appointment'}.html",
        subject=subject,
        record=record,
        is_here=True,
        history=history,
        **(_menu(subject, record.start, now) if step == "move" and record.start else {}),
        refused=problems.sentence(refusal) if refusal and not named else "",
        errors={fault.pointer.strip("/"): problems.fault_sentence(fault) for fault in named},
        alternatives=refusal.alternatives if isinstance(refusal, WithAlternatives) else (),
        typed=request.form if verb else {},
        verb=verb,
        theirs=refusal.theirs if isinstance(refusal, NoteChanged) else None,
        edition=edition_of(record.note),
        back=back if inside(back) else "",
        **_words(subject, record),
    )


def _words(subject: Subject, record: Record) -> dict[str, Any]:
    place = f"{record.catalogue.slug}.{record.office.slug}"
    return {
        "local_day": record.start.astimezone(record.catalogue.zone).date() if record.start else None,
        "hands": lambda moment: f"{moment.astimezone(record.catalogue.zone):%H:%M}",
        "day_path": day_of(place, record.start or record.arrived_at) if subject.is_full else "",
        "languages": [(tag, LANGUAGES[tag].name) for tag in record.catalogue.languages if tag in LANGUAGES],
        "reasons": REASONS[Caution.OUTSIDE_BLOCKS],
        "block_reasons": review.REASONS,
        "block_days": review.DAYS,
        "audit_words": audit_words,
    }


def _menu(subject: Subject, start: datetime, now: datetime) -> dict[str, Any]:
    """Return where it may go, a week from its own day on, or every start of one day; no week before this one."""
    first = asked_day("day") or start.astimezone(g.catalogue.zone).date()
    chosen = _chosen_clerk()
    only = chosen.id if chosen else None
    if is_whole := "whole" in request.args:
        ways = offer_whole_day(subject.by, subject.reference, day=first, now=now, clerk=only)
    else:
        ways = offer_moves(subject.by, subject.reference, first=first, now=now, clerk=only)
    week, today = ways.last - ways.first + DAY, now.astimezone(g.catalogue.zone).date()
    earlier = max(ways.first - week, today) if ways.first > today else None
    able = {clerk.id: clerk for place in ways.offices for clerk in place.able}
    menu = {"ways": ways, "earlier": earlier, "later": ways.last + DAY, "is_whole": is_whole}
    return menu | {"chosen": chosen, "able": list(able.values())}


def _chosen_clerk() -> Clerk | None:
    """Return whose free times alone are asked for: a clerk of the address, or of the form that was refused."""
    slug = request.values.get("platz", "")
    return next((clerk for clerk in g.catalogue.clerks if clerk.slug == slug), None)
