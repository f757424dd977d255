"""A counter's morning for tests: two clerks on a Tuesday, somebody at the desk, and looks at the day."""

from datetime import datetime, timedelta

from booking.actions.day_schedule import day_schedule
from booking.actions.walk_ins import arrive
from booking.extensions import db
from booking.models import Clerk, Municipality, Office
from booking.rules.appointments import Wish
from booking.rules.days import Day, Entry
from booking.rules.roles import Actor
from tests.builders import NINE, a_clerk, a_municipality, an_appointment
from tests.colleagues import a_login

MINUTE = timedelta(minutes=1)
TUESDAY = NINE.date()
WISHES = (Wish("personalausweis"),)


def a_counter(role: str = "desk") -> Actor:
    """Store a town with two clerks (ids by slug ``platz1``, ``platz2``) and return who is at the desk."""
    town = a_municipality()
    office = db.session.query(Office).one()
    a_clerk(town, office, "platz2", position=1)
    town.revision += 1
    db.session.commit()
    return a_login("desk", role)


def clerk(slug: str) -> int:
    return int(db.session.query(Clerk.id).filter_by(slug=slug).scalar())


def the_town() -> Municipality:
    return db.session.query(Municipality).one()


def day_at(now: datetime = NINE) -> Day:
    return day_schedule("musterstadt", "buergerbuero", TUESDAY, now=now)


def entry_of(reference: str, now: datetime = NINE) -> Entry:
    day = day_at(now)
    return next(entry for entry in [*day.entries, *day.waiting, *day.gone] if entry.reference == reference)


def booked(start: datetime = NINE, number: int = 0) -> str:
    """Book for somebody of a name and address of their own; return the reference."""
    return an_appointment(start=start, email=f"p{number}-{start:%H%M}@example.org").reference


def waiting(by: Actor, now: datetime = NINE) -> str:
    """Let somebody walk in; return the reference."""
    number = arrive("musterstadt", "buergerbuero", WISHES, by=by, now=now)
    return next(entry.reference for entry in day_at(now).waiting if entry.number == number)
