"""Queries about times that staff hold: one per login, deleted with its appointment when it is freed or lapses."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from booking.extensions import db
from booking.models.appointment import Answer, Appointment, AppointmentClerk, AppointmentConcern
from booking.models.cells import free_cells
from booking.models.counter import Hold

UNSEEN = {"synchronize_session": False}  # no row of theirs is used afterwards
_KEEP = insert(Hold.metadata.tables[Hold.__tablename__])


class Held(NamedTuple):
    """Where a login's hold is."""

    appointment: int
    municipality: int
    office: int


def hold_of(login: int) -> Held | None:
    """Return what a login holds, also if its time is over and nothing has swept it."""
    query = (
        select(Appointment.id, Appointment.municipality_id, Appointment.office_id)
        .join_from(Hold, Appointment, Hold.appointment_id == Appointment.id)
        .where(Hold.login_id == login)
    )
    found = db.session.execute(query).one_or_none()
    return None if found is None else Held(*found)


def lapse(login: int) -> datetime | None:
    """Return when a login's hold lapses, or did."""
    query = select(Appointment.confirm_by).join_from(Hold, Appointment, Hold.appointment_id == Appointment.id)
    return db.session.scalar(query.where(Hold.login_id == login))


def keep_hold(login: int, appointment: int) -> None:
    """Note that a login holds this appointment; its key refuses a second one."""
    db.session.connection().execute(_KEEP, {"login_id": login, "appointment_id": appointment})


def end_hold(login: int) -> None:
    """Forget a hold whose appointment stays: it has become somebody's."""
    db.session.execute(delete(Hold).where(Hold.login_id == login))


def held_among(appointments: Collection[int]) -> list[int]:
    """Return those of these appointments (ids) that are holds."""
    return list(db.session.scalars(select(Hold.appointment_id).where(Hold.appointment_id.in_(appointments))))


def delete_holds(appointments: Collection[int]) -> None:
    """Delete holds with their appointments (ids) and cells: nobody has booked anything, so nothing is kept."""
    if not appointments:
        return
    free_cells(appointments)
    for table in (Hold, Answer, AppointmentConcern, AppointmentClerk):
        db.session.execute(delete(table).where(table.appointment_id.in_(appointments)), execution_options=UNSEEN)
    db.session.execute(delete(Appointment).where(Appointment.id.in_(appointments)), execution_options=UNSEEN)
