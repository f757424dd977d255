"""Which appointments a change of blocks or closures leaves outside the hours of their clerks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment, Municipality
from booking.rules.blocks import BlockKind, Choice, open_hours
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE
from booking.rules.spans import Span


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
    """Return those that do not lie within blocks, open to citizens or staff, of every one of their clerks."""
    return [
        Stranded(row.reference, catalogue.office(row.office_id).slug, row.start.astimezone(catalogue.zone))
        for row in appointments
        if row.start and row.end and not _is_covered(catalogue, row, Span(row.start, row.end))
    ]


def _is_covered(catalogue: Catalogue, row: Appointment, span: Span) -> bool:
    concerns = frozenset(line.concern_id for line in row.concerns)
    choice = Choice(row.office_id, concerns, frozenset({BlockKind.ONLINE, BlockKind.STAFF}))
    first, last = (moment.astimezone(catalogue.zone).date() for moment in (span.start, span.end))
    return all(
        any(
            hours.contains(span)
            for hours in open_hours(catalogue.timetable, at.clerk_id, choice=choice, days=(first, last))
        )
        for at in row.clerks
    )
