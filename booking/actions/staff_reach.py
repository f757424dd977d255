"""The appointment that a member of staff names: theirs to see and change, or not there."""

from sqlalchemy import select

from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.rules.roles import Actor


def row_for(by: Actor, reference: str) -> Row:
    """Return the row of a reference; NotFound outside the actor's reach, for what is erased, and for who only books."""
    here = (Row.reference == reference, Row.municipality_id == by.municipality, Row.erased_at.is_(None))
    row = db.session.scalars(select(Row).where(*here)).one_or_none()
    if row is None or by.books_only or not by.reaches(row.municipality_id, row.office_id):
        raise NotFound("appointment")
    return row
