"""Keep: whoever's calendar has declined the appointment says that they come all the same."""

from datetime import datetime

from booking.actions.confirm import tell_all
from booking.actions.find_appointment import row_by_token
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.transaction import writes
from booking.errors import NotPossibleNow
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status


@writes
def keep(token: str, *, now: datetime) -> Appointment:
    """Forget, by the mailed link, that a calendar has declined it: staff see no decline any more, no letter asks.

    Who has declined nothing is as welcome. Raises NotFound, LinkRevoked, NotPossibleNow (cancelled meanwhile, or
    begun), Unavailable.
    """
    row = row_by_token(token)
    catalogue = lock_appointment(row)
    if row.status != Status.CONFIRMED or row.start is None or row.start <= now:
        raise NotPossibleNow(row.status)
    row.declined_at = row.declined_sequence = None
    tell_all(row, catalogue, now)
    return present(row, catalogue)
