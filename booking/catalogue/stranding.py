"""Which appointments a change of blocks or closures leaves outside the hours of their clerks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment, Municipality
from booking.models.placing import placed_of
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE
from booking.rules.stranding import why_stranded


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
