"""Send a letter once more because somebody says that it did not come."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from booking.actions.audit import record, recorded, subject_of
from booking.actions.letters import post
from booking.actions.locking import lock_appointment
from booking.actions.reach import row_for
from booking.actions.transaction import writes
from booking.errors import NotPossibleNow, RateLimited
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Kind, Letter
from booking.rules.lifecycle import Status
from booking.rules.roles import Actor

PAUSE = timedelta(minutes=5)
DAY = timedelta(days=1)
MOST_A_DAY = 4  # of one appointment: an address is nobody's to be flooded by us
AGAIN = {Status.PENDING: Kind.VERIFY, Status.CONFIRMED: Kind.CONFIRMED}


@writes
def resend_by_staff(by: Actor, reference: str, *, now: datetime) -> str:
    """Send the letter that fits the appointment's state, to its own address; return that.

    Raises NotFound, NotPossibleNow (no address, or nothing to tell any more), RateLimited.
    """
    row = row_for(by, reference)
    catalogue = lock_appointment(row)
    kind = AGAIN.get(Status(row.status))
    if kind is None or row.end is None or row.end <= now:
        raise NotPossibleNow(row.status)
    if not row.email:
        raise NotPossibleNow("no-address")
    if subject_of(row) in recorded(by, "resent", now=now):
        return row.email
    _check_patience(row, kind, now)
    post(row, catalogue, kind, now=now)
    record(by, "resent", row, now=now, letter=kind.value)
    return row.email


def _check_patience(row: Row, kind: Kind, now: datetime) -> None:
    mine = (Letter.appointment_id == row.id, Letter.kind == kind.value, Letter.address == row.email)
    query = select(func.max(Letter.created_at), func.count(Letter.id)).where(*mine, Letter.created_at > now - DAY)
    latest, number = db.session.execute(query).one()
    if latest is not None and latest > now - PAUSE:
        raise RateLimited(int((latest + PAUSE - now).total_seconds()))
    if number >= MOST_A_DAY:
        raise RateLimited(int(DAY.total_seconds()))
