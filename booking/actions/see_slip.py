"""What is handed over on paper: the Terminzettel of an appointment, the number of somebody who waits."""

from dataclasses import dataclass
from datetime import datetime

from booking.actions.catalogues import catalogue_by_id
from booking.actions.presenting import present
from booking.actions.reach import row_in_reach
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Office
from booking.rules.lifecycle import ACTIVE
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class Ticket:
    """A waiting number; ``arrived_at`` is local."""

    number: int
    office: Office
    arrived_at: datetime


@reads
def see_slip(reference: str, *, office: int, by: Actor) -> Appointment:
    """Return the appointment of an office (by id) for its slip, to anybody who enters appointments there.

    Also to who may do nothing else: whoever has just booked prints it, and no name or address stands on it.
    Raises NotFound also for what has no time or is not booked (any more).
    """
    row = row_in_reach(reference, by)
    found = present(row, catalogue_by_id(row.municipality_id))
    if found.office.id != office or found.status not in ACTIVE:
        raise NotFound("appointment")
    return found


@reads
def see_ticket(reference: str, *, office: int, by: Actor) -> Ticket:
    """Return the number of somebody who has come to an office (by id). Raises NotFound."""
    row = row_in_reach(reference, by)
    if row.office_id != office or row.number is None or row.arrived_at is None:
        raise NotFound("appointment")
    catalogue = catalogue_by_id(row.municipality_id)
    return Ticket(row.number, catalogue.office(office), row.arrived_at.astimezone(catalogue.zone))
