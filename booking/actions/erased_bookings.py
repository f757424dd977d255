"""What was booked and erased a moment ago still counts: else deleting one's data would empty every limit.

Likewise for the former address of a booking whose address was corrected: else it could be sent letters without end.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select

from booking.extensions import db
from booking.models import ASKING, Appointment, ErasedBooking, Letter
from booking.rules.limits import BY_CITIZENS, COUNTS


def keep_counting(ids: Sequence[int], now: datetime, *, is_erased: bool = True) -> None:
    """Note, without any reference, who made those of these bookings that still count; before they are deleted.

    Before only the address goes, the network goes on counting by the booking itself.
    """
    table, lately = Appointment, now - COUNTS
    asked = and_(
        Letter.appointment_id == table.id,
        Letter.kind.in_([kind.value for kind in ASKING]),
        Letter.created_at > lately,
    )
    query = (
        select(table.municipality_id, table.contact, table.network, table.created_at, func.count(Letter.id),
               func.max(Letter.created_at))
        .outerjoin(Letter, asked)
        .where(table.id.in_(ids), table.channel.in_(BY_CITIZENS), table.contact.is_not(None))
        .group_by(table.id)
        .having(or_(table.created_at > lately, func.count(Letter.id) > 0))
        .order_by(table.id)
    )  # fmt: skip
    for town, contact, network, made, letters, last in db.session.execute(query).all():
        until = max(made, last or made) + COUNTS
        whose = {"contact": contact, "network": network if is_erased else None}
        db.session.add(ErasedBooking(municipality_id=town, **whose, letters=letters, until=until))
    db.session.flush()


def erased_letters(row: Appointment, now: datetime) -> int:
    """Return how many letters asked an appointment's contact about bookings that are erased since, lately."""
    mine = (ErasedBooking.municipality_id == row.municipality_id, ErasedBooking.contact == row.contact)
    query = select(func.sum(ErasedBooking.letters)).where(*mine, ErasedBooking.until > now)
    return db.session.scalar(query) or 0


def forget_erased_bookings(now: datetime) -> None:
    """Delete what counts no more."""
    db.session.execute(delete(ErasedBooking).where(ErasedBooking.until <= now))
