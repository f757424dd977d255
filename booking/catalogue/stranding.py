"""Which appointments a change of blocks or closures leaves outside the hours of their clerks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from booking.extensions import db
from booking.models import Appointment, AppointmentClerk, AppointmentConcern, Municipality
from booking.models.placing import placed_of
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE
from booking.rules.spans import Span
from booking.rules.stranding import CAN_STRAND, Placed, why_stranded


@dataclass(frozen=True, slots=True)
class Stranded:
    """An appointment whose clerk is no longer there; ``start`` is on the local clock. Nobody's name is in here."""

    reference: str
    office: str
    start: datetime


def upcoming(municipality: Municipality, now: datetime) -> list[Appointment]:
    """Return the active appointments that have not ended yet."""
    query = select(Appointment).where(
        Appointment.municipality_id == municipality.id,
        Appointment.status.in_([status.value for status in ACTIVE]),
        Appointment.end > now,
    )
    return list(db.session.scalars(query.order_by(Appointment.start, Appointment.id)))


def outside_hours(catalogue: Catalogue, appointments: Iterable[Appointment]) -> list[Stranded]:
    """Return those that cannot take place any more: the rule is that of the staff's list (``rules.stranding``)."""
    return [
        Stranded(row.reference, catalogue.office(row.office_id).slug, row.start.astimezone(catalogue.zone))
        for row in appointments
        if row.start and (placed := placed_of(row)) and why_stranded(catalogue.timetable, placed)
    ]


def newly_stranded(
    before: Catalogue, after: Catalogue, *, now: datetime, clerks: Collection[int] | None = None
) -> tuple[Stranded, ...]:
    """Return the appointments that could take place before a change and cannot after it, by their start.

    ``clerks`` are those whose times have changed, None: anybody's. Plain columns, not rows: a town has thousands of
    appointments ahead, and this is asked under its lock.
    """
    found = [
        (reference, placed)
        for reference, placed in _placed(after.id, now, clerks)
        if why_stranded(after.timetable, placed) and not why_stranded(before.timetable, placed)
    ]
    return tuple(
        Stranded(reference, after.office(placed.office).slug, placed.span.start.astimezone(after.zone))
        for reference, placed in sorted(found, key=lambda one: (one[1].span, one[0]))
    )


def _placed(municipality: int, now: datetime, clerks: Collection[int] | None) -> list[tuple[str, Placed]]:
    """Read by which reference what is still ahead takes place where and when: three queries."""
    ahead: list[ColumnElement[bool]] = [
        Appointment.municipality_id == municipality,
        Appointment.status.in_([status.value for status in CAN_STRAND]),
        Appointment.end > now,
    ]
    if clerks is not None:
        ahead.append(Appointment.clerks.any(AppointmentClerk.clerk_id.in_(clerks)))
    asked = select(
        Appointment.id, Appointment.reference, Appointment.office_id, Appointment.outside_blocks,
        Appointment.start, Appointment.end,
    ).where(*ahead)  # fmt: skip
    serving = _by_appointment(AppointmentClerk, AppointmentClerk.clerk_id, ahead)
    wanted = _by_appointment(AppointmentConcern, AppointmentConcern.concern_id, ahead)
    return [
        (
            row.reference,
            Placed(
                row.office_id,
                Span(row.start, row.end),
                tuple(serving[row.id]),
                frozenset(wanted[row.id]),
                row.outside_blocks,
            ),
        )
        for row in db.session.execute(asked)
    ]


def _by_appointment(
    table: type[AppointmentClerk] | type[AppointmentConcern], column: Any, ahead: Sequence[ColumnElement[bool]]
) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    asked = select(table.appointment_id, column).join(Appointment, Appointment.id == table.appointment_id)
    for appointment, other in db.session.execute(asked.where(*ahead)):
        found[appointment].append(other)
    return found
