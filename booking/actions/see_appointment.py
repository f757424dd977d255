"""Everything that staff may see of one appointment: walk-ins and what is over included."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from booking.actions.calls import open_call
from booking.actions.catalogues import catalogue_by_id
from booking.actions.presenting import booked_concerns, present
from booking.actions.reach import row_for
from booking.actions.transaction import reads
from booking.actions.undo import WayBack, way_back
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Audit, Clerk, Letter, LetterStatus, Login, Mark
from booking.rules.appointments import BookedConcern
from booking.rules.catalogue import Catalogue, Office
from booking.rules.lifecycle import Status
from booking.rules.orders import checklist
from booking.rules.roles import ADMINS, Actor
from booking.rules.texts import Text
from booking.rules.visits import Bring

MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter: what it reports, to whom, and how far it got; ``failure`` is the relay's refusal."""

    kind: str
    address: str
    status: str
    created_at: datetime
    sent_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A mark at the counter."""

    verb: str
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit log, for admins."""

    at: datetime
    who: str
    role: str
    verb: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One appointment as staff see it. A walk-in has no ``start``; ``corrections`` counts those of its name."""

    id: int
    catalogue: Catalogue
    office: Office
    reference: str
    status: Status
    channel: str
    language: str
    start: datetime | None
    end: datetime | None
    arrived_at: datetime | None
    number: int | None
    name: str
    email: str
    phone: str
    note: str
    address_proven: bool
    mail_failure: str | None
    declined_at: datetime | None
    created_at: datetime
    confirm_by: datetime | None
    cancelled_by: str | None
    clerks: tuple[tuple[int, Text], ...]
    concerns: tuple[BookedConcern, ...]
    documents: tuple[Bring, ...]
    answers: tuple[tuple[Text, str], ...]
    corrections: int
    way_back: WayBack | None
    is_to_be_called: bool
    has_letter_waiting: bool


@dataclass(frozen=True, slots=True)
class History:
    """What has happened to an appointment; ``entries`` for admins alone."""

    letters: tuple[Posted, ...]
    steps: tuple[Step, ...]
    entries: tuple[Entry, ...]


@reads
def see_appointment(by: Actor, reference: str, *, now: datetime) -> Record:
    """Return an appointment within the actor's reach. Raises NotFound."""
    row = row_for(by, reference)
    catalogue = catalogue_by_id(row.municipality_id)
    copied = (
        "id reference channel language start end arrived_at number name email phone note address_proven mail_failure "
        "created_at confirm_by cancelled_by"
    )
    return Record(
        **{field: getattr(row, field) for field in copied.split()},
        declined_at=row.declined_at if row.declined_sequence == row.sequence else None,
        catalogue=catalogue,
        office=catalogue.office(row.office_id),
        status=Status(row.status),
        clerks=_clerks(row),
        concerns=booked_concerns(row, catalogue),
        documents=tuple(checklist([(catalogue.concern(at.concern_id), at.quantity) for at in row.concerns])),
        answers=tuple((answer.label, answer.text) for answer in row.answers),
        corrections=_corrections(row),
        way_back=way_back(present(row, catalogue), now=now, by_staff=True) if row.start else None,
        is_to_be_called=open_call(row.id) is not None,
        has_letter_waiting=_has_letter_waiting(row),
    )


@reads
def history_of(by: Actor, reference: str) -> History:
    """Return an appointment's letters, its marks at the counter and (for admins) who did what. Raises NotFound."""
    row = row_for(by, reference)
    posted = select(Letter).where(Letter.appointment_id == row.id).order_by(Letter.id).limit(MOST_ENTRIES)
    marked = select(Mark).where(Mark.appointment_id == row.id).order_by(Mark.id).limit(MOST_ENTRIES)
    return History(
        letters=tuple(
            Posted(at.kind, at.address, at.status, at.created_at, at.sent_at, at.failure)
            for at in db.session.scalars(posted)
        ),
        steps=tuple(Step(mark.verb, mark.at, mark.undone) for mark in db.session.scalars(marked)),
        entries=_entries(row) if by.role in ADMINS else (),
    )


def _entries(row: Row) -> tuple[Entry, ...]:
    query = (
        select(Audit.at, Login.display_name, Login.name, Audit.role, Audit.verb, Audit.details)
        .outerjoin(Login, Login.id == Audit.login_id)
        .where(*_about(row))
        .order_by(Audit.id)
        .limit(MOST_ENTRIES)
    )
    return tuple(
        Entry(at, shown or name or "", role, verb, details)
        for at, shown, name, role, verb, details in db.session.execute(query)
    )


def _corrections(row: Row) -> int:
    query = select(func.count(Audit.id)).where(*_about(row), Audit.verb == "corrected-name")
    return db.session.scalar(query) or 0


def _about(row: Row) -> tuple[Any, ...]:
    """The index of a municipality's log by time narrows it to what came after the booking."""
    mine = Audit.municipality_id == row.municipality_id
    return mine, Audit.at >= row.created_at, Audit.subject == f"appointment {row.reference}"


def _has_letter_waiting(row: Row) -> bool:
    waiting = exists().where(Letter.appointment_id == row.id, Letter.status == LetterStatus.WAITING)
    return bool(db.session.scalar(select(waiting)))


def _clerks(row: Row) -> tuple[tuple[int, Text], ...]:
    ids = [at.clerk_id for at in row.clerks]
    query = select(Clerk.id, Clerk.name).where(Clerk.id.in_(ids)).order_by(Clerk.id)
    return tuple((key, name) for key, name in db.session.execute(query))
