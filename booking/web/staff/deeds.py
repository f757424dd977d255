"""What staff do to an appointment, from the form to the one action: each returns the word for what was done."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import g, request

from booking.actions.block_contact import cancel_and_block
from booking.actions.cancel_by_staff import cancel_by_staff, undo_by_staff
from booking.actions.correct import Reachable, correct_contact, correct_name
from booking.actions.move_by_staff import move_by_staff
from booking.actions.notes import save_note
from booking.actions.resend_by_staff import resend_by_staff
from booking.actions.see_appointment import see_appointment
from booking.actions.targets import Target
from booking.errors import Fault, Invalid, UndoOver
from booking.rules.blocks import instant_at
from booking.rules.lifecycle import CancelledBy
from booking.web.fields import Email, Language, Name, Paragraph, Phone
from booking.web.schemas import EMAIL_LENGTH, NAME_LENGTH, PHONE_LENGTH, TEXT_LENGTH, Form, MoveForm, load
from booking.web.staff.review import read_wish
from booking.web.staff.subject import Subject
from booking.web.staff.typed import Typed, ids_in

Deed = Callable[[Subject, datetime], str]


class NameForm(Form):
    """Who comes."""

    name = Name(NAME_LENGTH, required=True)


class ReachForm(Form):
    """How somebody is reached; an e-mail address only where there is one."""

    phone = Phone(PHONE_LENGTH, load_default=str)
    email = Email(EMAIL_LENGTH, load_default=str)
    language = Language(35, required=True)


class NoteForm(Form):
    """A note for colleagues."""

    note = Paragraph(TEXT_LENGTH, load_default=str)


def _move(subject: Subject, now: datetime) -> str:
    target = _outside() if "outside" in request.form else _chosen()
    before = see_appointment(subject.by, subject.reference, now=now)
    move_by_staff(subject.by, subject.reference, target, now=now)
    return "swapped" if (before.start, before.office.slug) == (target.start, target.office) else "moved"


def _chosen() -> Target:
    """Read a button of the menu: office, start and perhaps clerks, with the strokes that separate them."""
    office, start, clerks = [*request.form.get("to", "").split("|"), "", ""][:3]
    form = load(MoveForm, {"office": office, "start": start})
    return Target(form["start"], office, _ids(clerks.split(",")), knows="knows" in request.form)


def _outside() -> Target:
    """Read a time that somebody typed, on the office's wall clock."""
    typed = Typed()
    day, at = typed.day("day", required=True), typed.clock("time", required=True)
    clerks = _ids(request.form.getlist("clerk"))
    if not clerks:
        typed.wrong("clerk", "choose")
    typed.check()
    assert day is not None  # noqa: S101 - for mypy: both were required
    assert at is not None  # noqa: S101
    return Target(
        start=instant_at(datetime.combine(day, at), g.catalogue.zone),
        office=request.form.get("office", ""),
        clerks=clerks,
        outside=True,
        reason=request.form.get("reason", ""),
        knows="knows" in request.form,
    )


def _ids(texts: list[str]) -> frozenset[int]:
    return frozenset(ids_in(texts))


def _cancel(subject: Subject, now: datetime) -> str:
    if request.form.get("wished") not in set(CancelledBy):
        raise Invalid(Fault("/wished", "choose"))
    cancel_by_staff(subject.by, subject.reference, CancelledBy(request.form["wished"]), now=now)
    return "cancelled"


def _block(subject: Subject, now: datetime) -> str:
    cancel_and_block(subject.by, subject.reference, read_wish(), now=now)
    return "blocked"


def _undo(subject: Subject, now: datetime) -> str:
    step = request.form.get("step", type=int)
    if step is None:
        raise UndoOver
    undo_by_staff(subject.by, subject.reference, step=step, now=now)
    return "undone"


def _name(subject: Subject, now: datetime) -> str:
    form = load(NameForm, {"name": request.form.get("name", "")})
    return "named" if correct_name(subject.by, subject.reference, form["name"], now=now) else "unchanged"


def _contact(subject: Subject, now: datetime) -> str:
    sent = {field: request.form.get(field, "").strip() for field in ("phone", "email", "language")}
    form = load(ReachForm, {field: text for field, text in sent.items() if text})
    changed = correct_contact(subject.by, subject.reference, Reachable(**form), now=now)
    if "email" in changed:
        return "readdressed" if form["email"] else "contacted"
    return "contacted" if changed else "unchanged"


def _note(subject: Subject, now: datetime) -> str:
    note = load(NoteForm, {"note": request.form.get("note", "").replace("\r\n", "\n")})["note"]
    save_note(subject.by, subject.reference, note, seen=request.form.get("seen", ""), now=now)
    return "noted"


def _resend(subject: Subject, now: datetime) -> str:
    resend_by_staff(subject.by, subject.reference, now=now)
    return "resent"


DEEDS: Mapping[str, Deed] = {
    "move": _move,
    "cancel": _cancel,
    "block": _block,
    "undo": _undo,
    "name": _name,
    "contact": _contact,
    "note": _note,
    "resend": _resend,
}
AT_THE_DESK = frozenset({"note"})
PAGES: Mapping[str, str] = {
    "move": "move",
    "cancel": "cancel",
    "block": "block",
}  # where each is asked for, if not on the main page
