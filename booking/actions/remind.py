"""Write the reminders that are due: on the working day before, once for each time that was agreed."""

from datetime import datetime, timedelta

from sqlalchemy import Select, String, cast, exists, literal, select

from booking.actions.catalogues import all_catalogues, catalogue_by_id
from booking.actions.letters import post
from booking.actions.locking import lock_offices
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Appointment, Kind, Letter, LetterStatus
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.reminders import last_day_to_remind_of, reminder_moment

FRESH = timedelta(days=1)  # who heard of the appointment this shortly before needs no reminder
NEWS = (Kind.CONFIRMED.value, Kind.MOVED.value)


def remind(*, now: datetime) -> int:
    """Sweep every office, one short transaction each; return how many reminders were written."""
    return sum(_remind(municipality, office, now) for municipality, office in _affected(now))


@reads
def _affected(now: datetime) -> list[tuple[int, int]]:
    return [
        (catalogue.id, office.id)
        for catalogue in all_catalogues()
        for office in catalogue.offices
        if _due(catalogue, office.id, now)
    ]


@writes
def _remind(municipality: int, office: int, now: datetime) -> int:
    catalogue = lock_offices(catalogue_by_id(municipality), [office])
    due = _due(catalogue, office, now)
    for row in due:
        post(row, catalogue, Kind.REMINDER, now=now, once=f"reminder:{row.id}:{row.sequence}")
    return len(due)


def _due(catalogue: Catalogue, office: int, now: datetime) -> list[Appointment]:
    """Return the appointments to remind of now that nobody has reminded of."""
    found = []
    for row in db.session.scalars(_candidates(catalogue, office, now)):
        moment = reminder_moment(catalogue.timetable, office, row.start or now)
        if moment <= now and not _is_fresh(row, moment):
            found.append(row)
    return found


def _candidates(catalogue: Catalogue, office: int, now: datetime) -> Select[Appointment]:
    last = last_day_to_remind_of(catalogue.timetable, office, now)
    until = instant_at(datetime.combine(last + timedelta(days=1), MIDNIGHT), catalogue.zone)
    key = literal("reminder:") + cast(Appointment.id, String) + ":" + cast(Appointment.sequence, String)
    return (
        select(Appointment)
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


def _is_fresh(row: Appointment, moment: datetime) -> bool:
    """Whether its time was agreed less than a day before the reminder: decided once, not anew with each sweep."""
    if row.confirmed_at is not None and row.confirmed_at > moment - FRESH:
        return True
    told = (Letter.appointment_id == row.id, Letter.kind.in_(NEWS), Letter.created_at > moment - FRESH)
    told_of_it = exists().where(*told, Letter.status != LetterStatus.SUPERSEDED)  # an undone move was told to nobody
    return bool(db.session.scalar(select(told_of_it)))
