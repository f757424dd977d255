"""Accept the time to which the office has moved an appointment; choosing another, or cancelling, is doing so."""

from datetime import datetime

from booking.actions.confirm import tell_all
from booking.actions.find_appointment import row_by_token
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.relocations import note_answer, with_former
from booking.actions.transaction import reads, writes
from booking.errors import NotPossibleNow
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status


@writes
def accept_relocation(token: str, *, now: datetime) -> Appointment:
    """Note that the new time suits; it counts in any case, and what is accepted stays so.

    Raises NotFound, LinkRevoked, NotPossibleNow (cancelled meanwhile), Unavailable.
    """
    row = row_by_token(token)
    catalogue = lock_appointment(row)
    if row.status != Status.CONFIRMED:
        raise NotPossibleNow(row.status)
    tell_all(row, catalogue, now)
    note_answer(row, "accepted", now=now)
    return present(row, catalogue)


@reads
def with_question(appointment: Appointment) -> Appointment:
    """Return an appointment with its former time if its page has to ask whether the new one suits."""
    return with_former(appointment)
