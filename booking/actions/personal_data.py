"""What is stored of an appointment's person: shown (Art. 15 DSGVO) and erased (Art. 17), by link or by a manager."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, select

from booking.actions.audit import record
from booking.actions.cancel import call_off
from booking.actions.cases import cases_where
from booking.actions.catalogues import catalogue_by_id
from booking.actions.erase import Why, columns_at, empty_journal, erase
from booking.actions.find_appointment import find_by_token, row_by_token
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.reach import row_for
from booking.actions.tombstones import was_buried
from booking.actions.transaction import reads, writes
from booking.errors import NotPossibleNow
from booking.extensions import db
from booking.models import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.figures import Outcome, outcome_of
from booking.rules.lifecycle import UNBOOKED, CancelledBy, Status, Verb, may
from booking.rules.roles import Actor
from booking.rules.secrets import heard

Stored = Mapping[str, list[dict[str, Any]]]
# Numbers of our rows, which say nothing of a person; and which times it takes, which start and end say.
INTERNAL = frozenset({"id", "municipality_id", "office_id", "appointment_id", "letter_id", "generation"})
SAID_OTHERWISE = frozenset({"cell"})
_appointments: Table = Appointment.metadata.tables[Appointment.__tablename__]


@reads
def stored_behind(token: str) -> Stored:
    """Return every stored row about the appointment of a mailed link, by table; values are what JSON can hold.

    Raises NotFound, LinkRevoked; NotPossibleNow while nobody has proven an address that staff typed.
    """
    row = row_by_token(token)
    _check_proven(row, catalogue_by_id(row.municipality_id))
    return _stored(row)


@reads
def stored_about(by: Actor, reference: str) -> Stored:
    """Return the same for somebody of the staff who answers a request. Raises NotFound."""
    return _stored(row_for(by, reference))


def erase_behind(token: str, *, now: datetime) -> str:
    """Cancel the appointment of a mailed link if it is still to come, erase it, and return its municipality's slug.

    No letter tells of it: the address is erased too. Raises NotFound, LinkRevoked, and NotPossibleNow while it is going
    on, or nobody has proven an address that staff typed.
    """
    found = find_by_token(token)
    _erase_behind(token, found.reference, now)
    empty_journal()
    return found.catalogue.slug


@writes
def _erase_behind(token: str, reference: str, now: datetime) -> None:
    if was_buried(reference, now):
        return  # the answer to that commit was lost
    row = row_by_token(token)
    catalogue = lock_appointment(row)
    _check_proven(row, catalogue)
    _erase(row, catalogue, now)


def erase_about(by: Actor, reference: str, *, now: datetime) -> None:
    """Do the same for somebody who asked by letter or telephone. Raises NotFound, NotPossibleNow."""
    _erase_about(by, reference, now)
    empty_journal()


@writes
def _erase_about(by: Actor, reference: str, now: datetime) -> None:
    if was_buried(heard(reference), now):
        return  # likewise
    row = row_for(by, reference)
    catalogue = lock_appointment(row)
    record(by, "erased-data", row, now=now)
    _erase(row, catalogue, now)


def _check_proven(row: Appointment, catalogue: Catalogue) -> None:
    """Whoever got a letter by a slip of somebody's fingers learns no name, and takes nobody's appointment away."""
    if present(row, catalogue).is_bare:
        raise NotPossibleNow(row.status)


def _erase(row: Appointment, catalogue: Catalogue, now: datetime) -> None:
    if row.start is not None and row.start > now and may(Status(row.status), Verb.CANCEL):
        call_off(row, catalogue, CancelledBy.CITIZEN, now=now, undoable=False)
    db.session.flush()
    if row.status not in UNBOOKED and _is_going_on(row, catalogue, now):
        raise NotPossibleNow(row.status)
    erase(catalogue, [row.id], Why(requested=1), now=now)


def _is_going_on(row: Appointment, catalogue: Catalogue, now: datetime) -> bool:
    """Whoever is being served needs a name at the counter (Art. 17 Abs. 1 lit. a: still necessary)."""
    cases = cases_where(Appointment.id == row.id)[row.office_id]
    return any(outcome_of(case, catalogue.zone, now) is Outcome.OPEN for case in cases)


def _stored(row: Appointment) -> Stored:
    found = {_appointments.name: _rows(_appointments, _appointments.c.id == row.id)}
    for column in columns_at(_appointments):
        if column.table.name not in SAID_OTHERWISE:
            found[column.table.name] = _rows(column.table, column == row.id)
    return {table: rows for table, rows in found.items() if rows}


def _rows(table: Any, mine: Any) -> list[dict[str, Any]]:
    shown = [column for column in table.columns if column.name not in INTERNAL]
    rows = db.session.connection().execute(select(*shown).where(mine).order_by(*table.primary_key))
    return [dict(_plain(row._mapping.items())) for row in rows]  # noqa: SLF001 - the documented way to a row's names


def _plain(items: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value in items:
        yield str(name), value.isoformat() if isinstance(value, date) else value
