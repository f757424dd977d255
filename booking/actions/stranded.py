"""The work list: whose appointment cannot take place as agreed, and why. A live query: nothing is noted down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, exists, or_, select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.transaction import reads
from booking.extensions import db
from booking.models import Appointment, Call, Hold, Relocation
from booking.models.placing import placed_of
from booking.rules.catalogue import Catalogue, Office
from booking.rules.lifecycle import Status
from booking.rules.relocating import is_soon
from booking.rules.roles import Actor
from booking.rules.stranding import CAN_STRAND, Cause, why_stranded
from booking.rules.texts import Text


class Reach(StrEnum):
    """How somebody can be told: by letter, by telephone, or not at all."""

    LETTER = "letter"
    CALL = "call"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Case:
    """An appointment on the work list. Times are on the local clock; a discreet concern is not named elsewhere.

    ``before`` is set where the office has moved it already and the citizen has not answered.
    """

    id: int
    reference: str
    status: Status
    start: datetime
    end: datetime
    name: str
    phone: str
    clerks: tuple[Text, ...]
    concerns: tuple[tuple[Text, int], ...]
    office: Text
    office_id: int
    reach: Reach
    cause: Cause | None
    on_call_list: bool = False
    before: datetime | None = None

    @property
    def day(self) -> date:
        """The local day."""
        return self.start.date()

    def is_late_for_letters(self, now: datetime) -> bool:
        """Whether who could be told by letter should be called as well."""
        return self.reach is Reach.LETTER and is_soon(self.start, now)


@dataclass(frozen=True, slots=True)
class Named:
    """Whose appointment it is, when and where (slugs)."""

    reference: str
    name: str
    town: str
    office: str
    start: datetime


@reads
def list_stranded(catalogue: Catalogue, office: Office, *, now: datetime) -> list[Case]:
    """Return an office's stranded appointments that are not over, in order; five queries, however many they are."""
    rows = [row for row in db.session.scalars(_waiting(office, now)) if cause_of(row, catalogue, now) is not None]
    called = _on_call_list([row.id for row in rows])
    return [case_of(row, catalogue, now=now, on_call_list=row.id in called) for row in rows]


@reads
def list_unanswered(catalogue: Catalogue, office: Office, *, now: datetime) -> list[Case]:
    """Return what the office has moved and nobody has answered yet; it counts as kept."""
    query = _waiting(office, now).join(Relocation, Relocation.appointment_id == Appointment.id)
    query = query.where(Relocation.answer.is_(None), Relocation.sequence == Appointment.sequence)
    found = db.session.execute(query.add_columns(Relocation.before)).all()
    called = _on_call_list([row.id for row, _ in found])
    return [
        case_of(row, catalogue, now=now, on_call_list=row.id in called, before=datetime.fromisoformat(before["start"]))
        for row, before in found
    ]


@reads
def name_appointments(by: Actor, references: Sequence[str]) -> list[Named]:
    """Return those of some appointments that are in reach, the soonest first."""
    query = select(Appointment).where(
        Appointment.municipality_id == by.municipality,
        Appointment.reference.in_(references),
        Appointment.start.is_not(None),
    )
    catalogue = catalogue_by_id(by.municipality)
    return [
        Named(row.reference, row.name, catalogue.slug, catalogue.office(row.office_id).slug, row.start)
        for row in db.session.scalars(query.order_by(Appointment.start, Appointment.reference))
        if row.start and by.reaches(row.municipality_id, row.office_id)
    ]


def cause_of(row: Appointment, catalogue: Catalogue, now: datetime) -> Cause | None:
    """Return why an appointment cannot take place; None also for what is over, or being served."""
    placed = placed_of(row)
    if placed is None or placed.span.end <= now or Status(row.status) not in CAN_STRAND:
        return None
    return why_stranded(catalogue.timetable, placed)


def case_of(
    row: Appointment, catalogue: Catalogue, *, now: datetime, on_call_list: bool = False, before: datetime | None = None
) -> Case:
    """Return what the work list shows of an appointment that has a start."""
    placed = placed_of(row)
    assert placed is not None  # noqa: S101 - for mypy: the queries ask for a start
    names = {clerk.id: clerk.name for clerk in catalogue.clerks}
    return Case(
        id=row.id,
        reference=row.reference,
        status=Status(row.status),
        start=placed.span.start.astimezone(catalogue.zone),
        end=placed.span.end.astimezone(catalogue.zone),
        name=row.name,
        phone=row.phone,
        clerks=tuple(names[clerk] for clerk in placed.clerks if clerk in names),
        concerns=tuple((at.name, at.quantity) for at in row.concerns),
        office=catalogue.office(row.office_id).name,
        office_id=row.office_id,
        reach=reach_of(row),
        cause=cause_of(row, catalogue, now),
        on_call_list=on_call_list,
        before=before and before.astimezone(catalogue.zone),
    )


def reach_of(row: Appointment) -> Reach:
    """Return how the citizen can be told."""
    if row.email and row.mail_failure is None:
        return Reach.LETTER
    return Reach.CALL if row.phone else Reach.NOBODY


def _waiting(office: Office, now: datetime) -> Select[Appointment]:
    """Whoever is still to be served; a time that is only held at the phone lapses by itself."""
    in_time = or_(Appointment.status != Status.PENDING, Appointment.confirm_by > now)
    held = exists().where(Hold.appointment_id == Appointment.id)
    mine = (Appointment.office_id == office.id, Appointment.status.in_(CAN_STRAND), Appointment.end > now, in_time)
    return select(Appointment).where(*mine, ~held).order_by(Appointment.start, Appointment.id)


def _on_call_list(appointments: list[int]) -> set[int]:
    query = select(Call.appointment_id).where(Call.appointment_id.in_(appointments), Call.outcome.is_(None))
    return set(db.session.scalars(query))
