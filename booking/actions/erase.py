"""Erase appointments: count them, then delete every row that belongs to them, in one transaction of the caller."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, Delete, Table, and_, bindparam, delete, not_, select

from booking.actions.cases import cases_where, open_hours
from booking.actions.erased_bookings import keep_counting
from booking.actions.tombstones import bury
from booking.extensions import Base, choose_insert, db
from booking.models import Appointment, DayCount, HourCount, LeadCount, Sweep
from booking.rules.catalogue import Catalogue
from booking.rules.counts import Counts, count, count_minutes, count_unconfirmed, local_day
from booking.rules.figures import Case
from booking.rules.lifecycle import UNBOOKED

_appointments: Table = Appointment.metadata.tables[Appointment.__tablename__]
PATIENCE_MS = 200  # bookings wait meanwhile
BOOKED = and_(Appointment.status.not_in([status.value for status in UNBOOKED]), Appointment.confirmed_at.is_not(None))


class Why(NamedTuple):
    """Why appointments are erased: how many unconfirmed, cancelled and past ones, how many because people asked."""

    unconfirmed: int = 0
    cancelled: int = 0
    past: int = 0
    requested: int = 0


def erase(catalogue: Catalogue, ids: Sequence[int], why: Why, *, now: datetime) -> None:
    """Count appointments of one municipality, note the sweep, and delete them; their office is locked by the caller.

    Of a person nothing stays but hashes that count against the limits for an hour: rows that belong to an appointment
    are found by their foreign keys, so that no table that comes later can be forgotten.
    """
    _keep(_counted(catalogue, ids, now))
    _add(Sweep, [{"municipality_id": catalogue.id, "at": now, **why._asdict()}])
    if why.requested:
        bury(ids, now)
    keep_counting(ids, now)
    for statement in _deletions():
        db.session.connection().execute(statement, {"ids": list(ids)})


def empty_journal() -> None:
    """Have SQLite empty its journal: secure_delete overwrites erased pages in the file, the journal keeps the old ones.

    Who is reading just now is not waited for: the next sweep tries again. PostgreSQL uses the space of
    erased rows anew after a VACUUM, which runs by itself.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        try:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")


def _counted(catalogue: Catalogue, ids: Sequence[int], now: datetime) -> Counts:
    counts, mine = Counts(), Appointment.id.in_(ids)
    for cases in cases_where(and_(mine, not_(BOOKED))).values():
        count_unconfirmed(cases, counts, zone=catalogue.zone)
    for office, cases in cases_where(and_(mine, BOOKED)).items():
        count(cases, counts, zone=catalogue.zone, now=now)
        place = catalogue.office(office)
        for day, several in _by_day(cases, catalogue):
            count_minutes(several, open_hours(catalogue, place, (day, day)), counts, zone=catalogue.zone)
    return counts


def _by_day(cases: Iterable[Case], catalogue: Catalogue) -> Iterable[tuple[Any, list[Case]]]:
    def day(case: Case) -> Any:
        return local_day(case, catalogue.zone)

    return [(found, list(several)) for found, several in groupby(sorted(cases, key=day), key=day)]


def _keep(counts: Counts) -> None:
    _add(
        DayCount,
        [
            {
                "day": kind.day,
                "office_id": kind.office,
                "concern_id": kind.concern,
                "channel": kind.channel,
                "outcome": kind.outcome,
                "mentions": mentions,
                "appointments": counts.first[kind],
            }
            for kind, mentions in counts.mentions.items()
        ],
    )
    _add(
        LeadCount,
        [
            {
                "day": at.day,
                "office_id": at.office,
                "concern_id": at.concern,
                "days": at.days,
                "mentions": mentions,
                "appointments": counts.ahead_first[at],
            }
            for at, mentions in counts.ahead_mentions.items()
        ],
    )
    minutes = counts.minutes.items()
    _add(HourCount, [{"day": at.day, "office_id": at.office, "hour": at.hour, "minutes": n} for at, n in minutes])


def _add(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to what is counted already; in the order of keys, so that no two sweeps wait for each other."""
    if rows:
        statement = _upsert(table, choose_insert())
        keys = [column.name for column in statement.table.primary_key]
        ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
        db.session.connection().execute(statement, ordered)


@cache
def _upsert(model: type[Base], insert: Callable[[Any], Any]) -> Any:
    table = model.metadata.tables[model.__tablename__]
    rows = insert(table)
    sums = {column.name: column + rows.excluded[column.name] for column in table.columns if not column.primary_key}
    return rows.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)


@cache
def _deletions() -> tuple[Delete, ...]:
    """Return what deletes appointments (``ids``) and whatever refers to them, however far away, the farthest first."""
    return (*_referring(_appointments, _ids()), delete(_appointments).where(_appointments.c.id.in_(_ids())))


def _referring(table: Table, keys: Any) -> Iterable[Delete]:
    for column in columns_at(table):
        mine = column.in_(keys)
        key = next(iter(column.table.primary_key))
        yield from _referring(column.table, select(key).where(mine))
        yield delete(column.table).where(mine)


def columns_at(table: Table) -> Iterable[Column[Any]]:
    """Return the columns that refer to a table: what belongs to its rows."""
    columns = (column for other in Base.metadata.sorted_tables if other is not table for column in other.columns)
    return [column for column in columns if any(key.column.table is table for key in column.foreign_keys)]


def _ids() -> BindParameter[Any]:
    return bindparam("ids", expanding=True)
