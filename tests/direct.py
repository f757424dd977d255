"""The free times reckoned from the tables alone, with nothing kept: what every kept answer is held against."""

from datetime import datetime

import sqlalchemy as sa

from booking.actions.catalogues import catalogue_of
from booking.actions.desks import load_desks
from booking.extensions import db
from booking.models import Office
from booking.rules.appointments import Wish
from booking.rules.availability import offered_starts
from booking.rules.orders import chosen_concerns, visit_at
from booking.rules.windows import booking_window, near_until


def starts_from_the_tables(wish: Wish, now: datetime, *, office: str = "buergerbuero") -> tuple[int, ...]:
    """Return what citizens are to be offered at an office, and end the session's transaction."""
    catalogue = catalogue_of("musterstadt")
    visit = visit_at(catalogue, catalogue.office(office), chosen_concerns(catalogue, [wish]))
    window = booking_window(visit.policy, now, catalogue.zone)
    starts = offered_starts(
        load_desks(catalogue, visit, (window.first, window.last), now=now),
        minutes=visit.minutes,
        useful_rest_minutes=visit.policy.useful_rest_minutes,
        lenient_before=near_until(visit.policy, now, catalogue.zone),
        earliest=window.earliest,
    )
    db.session.rollback()
    return tuple(starts)


def version_of(office: str = "buergerbuero") -> int:
    """Return an office's version, and end the session's transaction."""
    found = db.session.scalars(sa.select(Office.version).where(Office.slug == office)).one()
    db.session.rollback()
    return found
