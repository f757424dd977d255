"""What the database knows of an office's day: seven SELECTs, however many appointments and clerks there are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select

from booking.extensions import db
from booking.models import (
    Answer,
    Appointment,
    AppointmentClerk,
    AppointmentConcern,
    Clerk,
    Hold,
    Mark,
    Relocation,
)
from booking.models.types import Instant
from booking.rules.lifecycle import ACTIVE, Status

FIELDS = (
    "id", "office_id", "reference", "number", "status", "start", "end",
    "arrived_at", "called_at", "serving_at", "served_at", "outside_blocks",
    "name", "email", "phone", "channel", "language", "note", "mail_failure", "confirm_by",
    "declined_sequence", "sequence",
)  # fmt: skip
_at = Appointment.metadata.tables[Appointment.__tablename__]
_first, _stop = bindparam("first", type_=Instant), bindparam("stop", type_=Instant)


@dataclass(frozen=True, slots=True)
class DayRows:
    """Rows of a day; what belongs to an appointment is by its id."""

    appointments: Sequence[Row[Any]]
    clerks: Mapping[int, Sequence[Row[Any]]]
    concerns: Mapping[int, Sequence[Row[Any]]]
    answers: Mapping[int, Sequence[Row[Any]]]
    marks: Mapping[int, Row[Any]]


def load_day(office: int, between: tuple[datetime, datetime], *, now: datetime) -> DayRows:
    """Read an office's appointments of a day (a half-open range), those who only wait included."""
    asked = {"office": office, "first": between[0], "stop": between[1], "now": now}
    run = db.session.connection().execute
    return DayRows(
        appointments=run(_appointments(), asked).all(),
        clerks=_by_appointment(run(_clerks(), asked).all()),
        concerns=_by_appointment(run(_concerns(), asked).all()),
        answers=_by_appointment(run(_answers(), asked).all()),
        marks={row.appointment_id: row for row in run(_marks(), asked)},
    )


def load_elsewhere(
    office: int, clerks: Sequence[int], between: tuple[datetime, datetime], *, now: datetime
) -> Sequence[Row[Any]]:
    """Return (clerk_id, office_id, start, end, after_minutes) of these clerks' active appointments at other offices."""
    asked = {"office": office, "first": between[0], "stop": between[1], "now": now, "clerks": list(clerks)}
    return db.session.connection().execute(_elsewhere(), asked).all()


def _by_appointment(rows: Sequence[Row[Any]]) -> Mapping[int, Sequence[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.appointment_id].append(row)
    return found


def _of_the_day() -> ColumnElement[bool]:
    """A booking that was never confirmed is nobody's any more, whether or not a job has noticed."""
    waits = and_(_at.c.start.is_(None), _at.c.arrived_at >= _first, _at.c.arrived_at < _stop)
    return and_(
        _at.c.office_id == bindparam("office"),
        or_(and_(_at.c.start < _stop, _at.c.end > _first), waits),
        _counts(),
    )


def _counts() -> ColumnElement[bool]:
    lapsed = and_(_at.c.status == Status.PENDING.value, _at.c.confirm_by <= bindparam("now", type_=Instant))
    return and_(_at.c.status != Status.EXPIRED.value, ~func.coalesce(lapsed, False))


@cache
def _appointments() -> Select[Any]:
    hold = Hold.metadata.tables[Hold.__tablename__]
    held = (hold.c.login_id.is_not(None)).label("is_hold")
    columns = [_at.c[field] for field in FIELDS]
    moved = Relocation.metadata.tables[Relocation.__tablename__]
    asked = and_(moved.c.appointment_id == _at.c.id, moved.c.answer.is_(None), moved.c.sequence == _at.c.sequence)
    unanswered = moved.c.appointment_id.is_not(None).label("is_unanswered")
    joined = select(*columns, held, unanswered).outerjoin_from(_at, hold, hold.c.appointment_id == _at.c.id)
    joined = joined.outerjoin(moved, asked)
    return joined.where(_of_the_day()).order_by(_at.c.start, _at.c.arrived_at, _at.c.id)


@cache
def _clerks() -> Select[Any]:
    of = AppointmentClerk.metadata.tables[AppointmentClerk.__tablename__]
    clerk = Clerk.metadata.tables[Clerk.__tablename__]
    chosen = select(of.c.appointment_id, of.c.clerk_id, of.c.after_minutes, clerk.c.slug, clerk.c.name)
    joined = chosen.join_from(of, _at, _at.c.id == of.c.appointment_id).join(clerk, clerk.c.id == of.c.clerk_id)
    return joined.where(_of_the_day()).order_by(of.c.clerk_id)


@cache
def _concerns() -> Select[Any]:
    of = AppointmentConcern.metadata.tables[AppointmentConcern.__tablename__]
    chosen = select(of.c.appointment_id, of.c.concern_id, of.c.quantity, of.c.minutes, of.c.name)
    joined = chosen.join_from(of, _at, _at.c.id == of.c.appointment_id)
    return joined.where(_of_the_day()).order_by(of.c.position, of.c.concern_id)


@cache
def _answers() -> Select[Any]:
    of = Answer.metadata.tables[Answer.__tablename__]
    joined = select(of.c.appointment_id, of.c.label, of.c.text).join_from(of, _at, _at.c.id == of.c.appointment_id)
    return joined.where(_of_the_day()).order_by(of.c.question)


@cache
def _marks() -> Select[Any]:
    """The latest mark of each that is not undone: later rows replace earlier ones where they are read."""
    of = Mark.metadata.tables[Mark.__tablename__]
    joined = select(of.c.appointment_id, of.c.id, of.c.verb, of.c.at).join_from(
        of, _at, _at.c.id == of.c.appointment_id
    )
    return joined.where(_of_the_day(), of.c.undone.is_(False)).order_by(of.c.id)


@cache
def _elsewhere() -> Select[Any]:
    of = AppointmentClerk.metadata.tables[AppointmentClerk.__tablename__]
    chosen = select(of.c.clerk_id, _at.c.office_id, _at.c.start, _at.c.end, of.c.after_minutes)
    mine = of.c.clerk_id.in_(bindparam("clerks", expanding=True))
    active = _at.c.status.in_([status.value for status in ACTIVE])
    return chosen.join_from(of, _at, _at.c.id == of.c.appointment_id).where(
        mine, _at.c.office_id != bindparam("office"), _at.c.start < _stop, _at.c.end > _first, active, _counts()
    )
