"""Whether somebody seems to have an appointment already: whoever is asked for one on the phone may have forgotten."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from booking.actions.desks import day_range
from booking.actions.reach import within
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import AppointmentConcern
from booking.rules.appointments import Order
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.orders import Visit
from booking.rules.persons import FEWEST_DIGITS, digits_of
from booking.rules.roles import Actor

BOOKED = (Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED, Status.SERVING)


def is_booked(order: Order, visit: Visit, catalogue: Catalogue, *, by: Actor, now: datetime) -> bool:
    """Whether a coming appointment within the actor's reach has the same address or number.

    Or else the same name on the same day, or with one of the same concerns.
    """
    open_here = (within(by), Row.status.in_(BOOKED), Row.end > now)
    query = select(Row.id).where(*open_here, or_(*_alike(order, visit, catalogue)))
    return db.session.scalar(query.limit(1)) is not None


def _alike(order: Order, visit: Visit, catalogue: Catalogue) -> list[ColumnElement[bool]]:
    day = order.start.astimezone(catalogue.zone).date()
    first, last = day_range(catalogue, (day, day))
    same_name = or_(Row.name == order.name, func.lower(Row.name) == order.name.lower())
    for_it = select(AppointmentConcern.appointment_id).where(AppointmentConcern.concern_id.in_(visit.concern_ids))
    alike: list[ColumnElement[bool]] = [same_name & Row.start.between(first, last), same_name & Row.id.in_(for_it)]
    if order.email:
        alike.append(func.lower(Row.email) == order.email.lower())
    if len(digits := digits_of(order.phone).lstrip("0")) >= FEWEST_DIGITS:  # +49 5071 and 05071 end alike
        alike.append(_digits().like(f"%{digits}"))
    return alike


def _digits() -> ColumnElement[str]:
    plain: ColumnElement[str] = func.replace(Row.phone, " ", "")
    for sign in "-/()+":
        plain = func.replace(plain, sign, "")
    return plain
