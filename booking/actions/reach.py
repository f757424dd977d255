"""Whether somebody on the staff may touch an appointment: its office must be within their role's reach."""

from sqlalchemy import ColumnElement, exists, select

from booking.actions.catalogues import catalogue_by_id
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Hold
from booking.rules.roles import Actor
from booking.rules.secrets import heard


def within(by: Actor) -> ColumnElement[bool]:
    """Return the condition for all rows in reach: of the actor's one office, or of every office of the municipality."""
    here = Row.municipality_id == by.municipality
    if by.office is not None:
        return here & (Row.office_id == by.office)
    offices = [office.id for office in catalogue_by_id(by.municipality).offices]
    return here & Row.office_id.in_(offices)  # named, so that the index of offices' days serves


def row_in_reach(reference: str, by: Actor) -> Row:
    """Return an appointment's row by its reference; one that is out of reach is answered like an unknown one.

    So is a time that somebody holds at the phone: it is nobody's appointment yet, and only its holder frees it.
    """
    held = exists().where(Hold.appointment_id == Row.id)
    query = select(Row).where(Row.reference == heard(reference), Row.erased_at.is_(None), ~held)
    row = db.session.scalars(query).one_or_none()
    if row is None or not by.reaches(row.municipality_id, row.office_id):
        raise NotFound("appointment")
    return row


def row_for(by: Actor, reference: str) -> Row:
    """Return the row of somebody who may also find and change: whoever only books is answered like a stranger."""
    if by.books_only:
        raise NotFound("appointment")
    return row_in_reach(reference, by)
