"""Storing new rows by plain INSERTs: the unit of work, which finds out what to write, costs as much as the writing."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Insert, insert

from booking.extensions import Base, db
from booking.models.appointment import Answer, Appointment, AppointmentClerk, AppointmentConcern


def store(row: Appointment) -> None:
    """Store a new appointment with its concerns, clerks and answers; it gets its id and stays outside the session."""
    statement = _insert_into(type(row)).returning(Appointment.id)
    connection = db.session.connection()
    row.id = connection.execute(statement, _values(row)).scalar_one()
    parts: Iterable[AppointmentConcern | AppointmentClerk | Answer] = (*row.concerns, *row.clerks, *row.answers)
    for part in parts:
        part.appointment_id = row.id
        connection.execute(_insert_into(type(part)), _values(part))


@cache
def _insert_into(table: type[Base]) -> Insert:
    return insert(table.metadata.tables[table.__tablename__])


def _values(row: Base) -> dict[str, Any]:
    """Return what is set; what is not gets the column's default."""
    found = ((column.key, getattr(row, column.key)) for column in row.metadata.tables[row.__tablename__].columns)
    return {key: value for key, value in found if value is not None}
