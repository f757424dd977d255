"""Whether, and until when, a contact may not book online."""

from datetime import datetime

from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment, ContactBlock


def is_blocked(row: Appointment, now: datetime) -> bool:
    """Whether the office has asked the contact of an appointment to book by phone."""
    return blocked_until(row, now) is not None


def blocked_until(row: Appointment, now: datetime) -> datetime | None:
    """Return until when that is so; None where it is not."""
    mine = (ContactBlock.municipality_id == row.municipality_id, ContactBlock.contact == row.contact)
    return db.session.scalar(select(ContactBlock.until).where(*mine, ContactBlock.until > now))
