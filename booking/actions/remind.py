"""Write the reminders that are due: on the working day before, once for each time that was agreed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, String, cast, exists, literal, select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.letters import post
from booking.actions.locking import lock_offices
from booking.actions.one_by_one import one_by_one
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Appointment, Kind, Letter, LetterStatus, Municipality, Office
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.reminders import last_day_to_remind_of, reminder_moment

FRESH = timedelta(days=1)  # who heard of the appointment this shortly before needs no reminder
NEWS = (Kind.CONFIRMED.value, Kind.MOVED.value)


def remind(*, now: datetime) -> int:
    """Sweep every office, one short transaction for each appointment; return how many reminders were written.

    Raises ExceptionGroup after the last one if it failed at some, and Unavailable.
    """
    return sum(one_by_one(_offices(), lambda at: _remind_at(*at, now)))


@reads
def _offices() -> list[tuple[int, int]]:
    mine = select(Office.municipality_id, Office.id).join(Municipality, Municipality.id == Office.municipality_id)
    rows = db.session.execute(mine.where(Municipality.active).order_by(Office.id))
    return [(municipality, office) for municipality, office in rows]


def _remind_at(municipality: int, office: int, now: datetime) -> int:
    return sum(one_by_one(_due_at(municipality, office, now), lambda due: _remind(municipality, office, due, now)))


@reads
def _due_at(municipality: int, office: int, now: datetime) -> list[int]:
    return _due(catalogue_by_id(municipality), office, now)


@writes
def _remind(municipality: int, office: int, appointment: int, now: datetime) -> bool:
    catalogue = lock_offices(catalogue_by_id(municipality), [office])
    if appointment not in _due(catalogue, office, now, Appointment.id == appointment):
        return False
    row = db.session.get_one(Appointment, appointment)
    post(row, catalogue, Kind.REMINDER, now=now, once=f"reminder:{row.id}:{row.sequence}")
    return True


def _due(catalogue: Catalogue, office: int, now: datetime, *which: ColumnElement[bool]) -> list[int]:
    """Return the appointments (ids) to remind of now that nobody has reminded of."""
    found = []
    for row in db.session.execute(_candidates(catalogue, office, now).where(*which)):
        moment = reminder_moment(catalogue.timetable, office, row.start)
        if moment <= now and not _is_fresh(row, moment):
            found.append(row.id)
    return found


def _candidates(catalogue: Catalogue, office: int, now: datetime) -> Select[int, datetime | None, datetime | None]:
    last = last_day_to_remind_of(catalogue.timetable, office, now)
    until = instant_at(datetime.combine(last + timedelta(days=1), MIDNIGHT), catalogue.zone)
    key = literal("reminder:") + cast(Appointment.id, String) + ":" + cast(Appointment.sequence, String)
    return (
        select(Appointment.id, Appointment.start, Appointment.confirmed_at)
        .where(
            Appointment.office_id == office,
            Appointment.status == Status.CONFIRMED,
            Appointment.email != "",
            Appointment.start > now,
            Appointment.start < until,
            ~exists().where(Letter.once == key),
        )
        .order_by(Appointment.start, Appointment.id)
    )


def _is_fresh(row: Row[int, datetime | None, datetime | None], moment: datetime) -> bool:
    """Whether its time was agreed less than a day before the reminder: decided once, not anew with each sweep."""
    if row.confirmed_at is not None and row.confirmed_at > moment - FRESH:
        return True
    told = (Letter.appointment_id == row.id, Letter.kind.in_(NEWS), Letter.created_at > moment - FRESH)
    told_of_it = exists().where(*told, Letter.status != LetterStatus.SUPERSEDED)  # an undone move was told to nobody
    return bool(db.session.scalar(select(told_of_it)))
