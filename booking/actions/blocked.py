"""Whether a contact may book online."""

from datetime import datetime

from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment, ContactBlock


def is_blocked(row: Appointment, now: datetime) -> bool:
    """Whether the office has asked the contact of an appointment to book by phone."""
    mine = (ContactBlock.municipality_id == row.municipality_id, ContactBlock.contact == row.contact)
    return db.session.scalar(select(ContactBlock.id).where(*mine, ContactBlock.until > now)) is not None
