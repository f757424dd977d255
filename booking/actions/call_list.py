"""The call list of an office: who to call with what news, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select

from booking.actions.audit import record, recorded, subject_of
from booking.actions.calls import enlist, open_call
from booking.actions.locking import lock_appointment
from booking.actions.relocations import note_answer, take_back_answer
from booking.actions.stranded import cause_of
from booking.actions.transaction import reads, writes
from booking.errors import NotFound, StepStale
from booking.extensions import db
from booking.models import Appointment, Call, News, Relocation
from booking.models.holds import held_among
from booking.rules.catalogue import Catalogue, Office
from booking.rules.lifecycle import Status
from booking.rules.roles import Actor
from booking.rules.texts import Text

KEPT = timedelta(hours=12)  # what is settled stays in sight so long, for whoever pressed the wrong button


class Press(StrEnum):
    """What somebody notes after a call."""

    REACHED = "reached"
    NOT_REACHED = "not-reached"
    GIVE_UP = "give-up"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Line:
    """One call. Times are on the local clock; ``before`` is the time that they still know of."""

    id: int
    reference: str
    name: str
    phone: str
    language: str
    news: News
    status: Status
    start: datetime
    office: Text
    office_id: int
    before: datetime | None
    concerns: tuple[tuple[Text, int], ...]
    tries: int
    tried_at: datetime | None
    outcome: str | None

    @property
    def awaited(self) -> datetime:
        """When they may first stand there: whoever knows nothing of a move comes at the time that they know of."""
        return min(self.before or self.start, self.start)

    @property
    def is_out_of_date(self) -> bool:
        """Whether something else has happened since: a cancelled appointment is no longer moved."""
        return self.status is Status.CANCELLED and self.news is not News.CANCELLED


@reads
def list_calls(catalogue: Catalogue, office: Office, *, now: datetime) -> list[Line]:
    """Return who is still to be called, whoever would come first first, then what was settled lately."""
    settled_lately = Call.tried_at > now - KEPT
    query = (
        select(Call, Appointment, Relocation)
        .join(Appointment, Appointment.id == Call.appointment_id)
        .outerjoin(Relocation, Relocation.appointment_id == Appointment.id)
        .where(Call.office_id == office.id, Appointment.start.is_not(None))
        .where(or_(Call.outcome.is_(None), settled_lately))
    )
    lines = [_line(call, row, moved, catalogue) for call, row, moved in db.session.execute(query)]
    return sorted(lines, key=lambda line: (line.outcome is not None, line.awaited, line.id))


@reads
def count_calls(office: Office) -> int:
    """Return how many calls are still to be made."""
    mine = (Call.office_id == office.id, Call.outcome.is_(None))
    return db.session.scalar(select(func.count(Call.id)).where(*mine)) or 0


@writes
def note_call(by: Actor, call: int, press: Press, *, seen: int, now: datetime) -> None:
    """Note what came of a call whose tries somebody has ``seen``, or take the latest note back.

    Who was reached about a move has accepted it. Raises NotFound, and StepStale if somebody has noted something else
    meanwhile.
    """
    row, appointment = _found(by, call)
    lock_appointment(appointment)
    db.session.refresh(row)
    if subject_of(appointment) in recorded(by, f"call-{press.value}", now=now):
        return
    if row.tries != seen or (row.outcome is not None and press is not Press.UNDO):
        raise StepStale
    if press is Press.UNDO:
        take_back_answer(appointment, given=row.tried_at)
        _take_back(row)
    else:
        _note(row, press, now)
    if press is Press.REACHED and row.news == News.MOVED:
        note_answer(appointment, "accepted", now=now)  # whom it does not suit is moved on, which leaves no question
    record(by, f"call-{press.value}", appointment, now=now)


@writes
def call_instead(by: Actor, appointment: int, *, now: datetime) -> None:
    """Put a stranded appointment on the call list, whoever could also be written to. Raises NotFound."""
    row = db.session.get(Appointment, appointment)
    if row is None or not by.reaches(row.municipality_id, row.office_id) or held_among([appointment]):
        raise NotFound("appointment")
    catalogue = lock_appointment(row)
    if cause_of(row, catalogue, now) is not None and open_call(row.id) is None:
        enlist(row, News.STRANDED, now=now)
        record(by, "call-listed", row, now=now)


def _found(by: Actor, call: int) -> tuple[Call, Appointment]:
    row = db.session.get(Call, call)
    appointment = None if row is None else db.session.get(Appointment, row.appointment_id)
    if row is None or appointment is None or not by.reaches(appointment.municipality_id, row.office_id):
        raise NotFound("call")
    return row, appointment


def _note(row: Call, press: Press, now: datetime) -> None:
    row.tried_before, row.tried_at = row.tried_at, now
    if press is Press.GIVE_UP:
        row.outcome = "given-up"
        return
    row.tries += 1
    row.outcome = "reached" if press is Press.REACHED else None


def _take_back(row: Call) -> None:
    """Take back the latest note; of several tries only the last, for no more is known."""
    if row.tried_at is None:
        raise StepStale
    if row.outcome != "given-up":
        row.tries -= 1
    row.outcome = None
    row.tried_at, row.tried_before = row.tried_before, None


def _line(call: Call, row: Appointment, moved: Relocation | None, catalogue: Catalogue) -> Line:
    is_moved = moved is not None and call.news == News.MOVED and moved.sequence == row.sequence
    agreed: Mapping[str, str] = moved.before if moved and is_moved else {}
    before = datetime.fromisoformat(agreed["start"]) if agreed else call.before
    start = row.start or call.created_at
    return Line(
        id=call.id,
        reference=row.reference,
        name=row.name,
        phone=row.phone,
        language=row.language,
        news=News(call.news),
        status=Status(row.status),
        start=start.astimezone(catalogue.zone),
        office=catalogue.office(row.office_id).name,
        office_id=row.office_id,
        before=before and before.astimezone(catalogue.zone),
        concerns=tuple((at.name, at.quantity) for at in row.concerns),
        tries=call.tries,
        tried_at=call.tried_at and call.tried_at.astimezone(catalogue.zone),
        outcome=call.outcome,
    )
