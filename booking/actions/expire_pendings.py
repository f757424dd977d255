"""Expire unconfirmed bookings whose time is over. Nothing waits for this: every reader already sees them as free."""

from datetime import datetime

from sqlalchemy import select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.locking import lock_offices, reclaim
from booking.actions.one_by_one import one_by_one
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Appointment
from booking.rules.lifecycle import Status


def expire_pendings(*, now: datetime) -> int:
    """Sweep every office, one short transaction each; return how many bookings have lapsed.

    Raises ExceptionGroup after the last one if it failed at some, and Unavailable.
    """
    return sum(one_by_one(_affected(now), lambda at: _expire(*at, now)))


@reads
def _affected(now: datetime) -> list[tuple[int, int]]:
    late = (Appointment.status == Status.PENDING, Appointment.confirm_by <= now)
    query = select(Appointment.municipality_id, Appointment.office_id).where(*late).distinct()
    return [(municipality, office) for municipality, office in db.session.execute(query)]


@writes
def _expire(municipality: int, office: int, now: datetime) -> int:
    catalogue = lock_offices(catalogue_by_id(municipality), [office])
    return reclaim(catalogue, office, now)
