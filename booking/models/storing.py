"""Storing new rows by plain INSERTs: the unit of work, which finds out what to write, costs as much as the writing."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, Table, bindparam, insert, select
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from booking.extensions import Base, db
from booking.models.appointment import Answer, Appointment, AppointmentClerk, AppointmentConcern

Columns = tuple[str, ...]
Values = Mapping[str, Any]


def store(row: Appointment, *beside: tuple[type[Base], Values]) -> None:
    """Store a new appointment with its concerns, clerks and answers; it gets its id and stays outside the session.

    ``beside`` are rows of other tables that come with it; their ``appointment_id`` is filled in. PostgreSQL gets all
    of it as one statement: each one costs a round trip, and SQLAlchemy a fifth of a millisecond.
    """
    mine: list[AppointmentConcern | AppointmentClerk | Answer] = [*row.concerns, *row.clerks, *row.answers]
    parts = [*((_table(type(part)), _values(part)) for part in mine), *((_table(kind), told) for kind, told in beside)]
    own, connection = _values(row), db.session.connection()
    if connection.dialect.name == "postgresql":
        shape = tuple((table, tuple(told)) for table, told in parts)
        named = {f"p{place}_{name}": value for place, (_, told) in enumerate(parts) for name, value in told.items()}
        row.id = connection.execute(_at_once(tuple(own), shape), own | named).scalar_one()
    else:
        row.id = connection.execute(_insert_into(_table(Appointment)).returning(_own.c.id), own).scalar_one()
        for table, told in parts:
            connection.execute(_insert_into(table), {**told, "appointment_id": row.id})
    for part in mine:
        part.appointment_id = row.id


@cache
def _insert_into(table: Table) -> Insert:
    return insert(table)


@cache
def _at_once(own: Columns, parts: tuple[tuple[Table, Columns], ...]) -> Select[int]:
    """Build the statement for rows of these columns: few shapes, each built once."""
    stored = insert(_own).values({name: bindparam(name, type_=_own.c[name].type) for name in own})
    appointment = stored.returning(_own.c.id).cte("stored")
    its_id = select(appointment.c.id).scalar_subquery()
    others = []
    for place, (table, columns) in enumerate(parts):
        told = {name: bindparam(f"p{place}_{name}", type_=table.c[name].type) for name in columns}
        others.append(insert(table).values({**told, "appointment_id": its_id}).cte(f"part{place}"))
    return select(appointment.c.id).add_cte(*others)


def _table(kind: type[Base]) -> Table:
    return kind.metadata.tables[kind.__tablename__]


_own = _table(Appointment)


def _values(row: Base) -> dict[str, Any]:
    """Return what is set, and the defaults of what is not."""
    found = {column.key: getattr(row, column.key) for column in _table(type(row)).columns}
    return _defaults(type(row)) | {key: value for key, value in found.items() if value is not None}


@cache
def _defaults(kind: type[Base]) -> dict[str, Any]:
    """Return the plain defaults of a table: an INSERT within another statement would not fill them in."""
    found = ((column.key, column.default) for column in _table(kind).columns)
    return {key: default.arg for key, default in found if isinstance(default, ScalarElementColumnDefault)}
