"""What the office has moved and the citizen may answer: open until there is an answer, or anything later happens."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from booking.actions.calls import need_not_call
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Relocation
from booking.rules.appointments import Appointment, Former
from booking.rules.lifecycle import Status

Answer = Literal["accepted", "moved", "cancelled"]


def with_former(appointment: Appointment) -> Appointment:
    """Return an appointment that waits for its citizen's answer with the time that it had; any other as it is."""
    relocation = db.session.get(Relocation, appointment.id, populate_existing=True)
    if relocation is None or relocation.answer is not None or relocation.sequence != appointment.sequence:
        return appointment
    if appointment.status is not Status.CONFIRMED:
        return appointment
    before = relocation.before
    office = appointment.catalogue.office(before["office_id"])
    return replace(appointment, former=Former(datetime.fromisoformat(before["start"]), office))


def is_unanswered(row: Row) -> bool:
    """Whether the office's question still stands: no answer has come, and nothing later has happened."""
    relocation = db.session.get(Relocation, row.id, populate_existing=True)
    return relocation is not None and relocation.answer is None and relocation.sequence == row.sequence


def note_answer(row: Row, answer: Answer, *, now: datetime) -> None:
    """Keep what the citizen answered, before the step that it is changes the SEQUENCE; nothing where nobody asked."""
    relocation = db.session.get(Relocation, row.id, populate_existing=True)
    if relocation is not None and relocation.answer is None and relocation.sequence == row.sequence:
        relocation.answer, relocation.answered_at = answer, now
        need_not_call(row)  # who was to be called beside their letter has read it


def keep_question(row: Row) -> None:
    """Let an open question stand though another edition of the same time has just followed it."""
    relocation = db.session.get(Relocation, row.id, populate_existing=True)
    if relocation is not None and relocation.sequence == row.sequence - 1:
        relocation.sequence = row.sequence


def take_back_answer(row: Row, *, given: datetime | None) -> None:
    """Let the question stand again that was answered for the citizen at this moment, on the telephone."""
    relocation = db.session.get(Relocation, row.id, populate_existing=True)
    if relocation is not None and given is not None and relocation.answered_at == given:
        relocation.answer, relocation.answered_at = None, None


def ask_again(row: Row, *, step: int) -> None:
    """Let the question stand again if the step that settled it (by the SEQUENCE it led to) has been undone."""
    relocation = db.session.get(Relocation, row.id, populate_existing=True)
    if relocation is None or relocation.sequence != step - 1:
        return
    if relocation.answer != "accepted":  # none at all: it was a step of the staff
        relocation.answer, relocation.answered_at = None, None
        relocation.sequence = row.sequence
