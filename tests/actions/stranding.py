"""A sick clerk for tests of stranding: an absence by SQL, and what has become of everybody."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from booking.actions.browse import open_catalogue
from booking.actions.stranded import Case, list_stranded
from booking.extensions import db
from booking.models import Absence, Appointment, Clerk, Letter, Municipality, Relocation
from tests.builders import NINE

DAY = timedelta(days=1)


def falls_ill(clerk: str = "platz1", start: datetime = NINE - timedelta(hours=2), end: datetime | None = None) -> None:
    """Let a clerk be away (by default on the Tuesday of the tests, from seven to four)."""
    found = db.session.scalars(select(Clerk).where(Clerk.slug == clerk)).one()
    db.session.add(Absence(clerk_id=found.id, start=start, end=end or NINE + timedelta(hours=7)))
    change_catalogue()


def change_catalogue() -> None:
    db.session.execute(update(Municipality).values(revision=Municipality.revision + 1))
    db.session.commit()


def stranded(now: datetime, office: str = "buergerbuero") -> list[Case]:
    catalogue = open_catalogue("musterstadt")
    return list_stranded(catalogue, catalogue.office(office), now=now)


def row_of(appointment: int) -> Appointment:
    db.session.expire_all()
    return db.session.get_one(Appointment, appointment)


def letters(appointment: int) -> list[tuple[str, int | None]]:
    """Return kind and SEQUENCE of what has been written about an appointment since it was confirmed."""
    query = select(Letter.kind, Letter.sequence).where(Letter.appointment_id == appointment).order_by(Letter.id)
    return [(kind, sequence) for kind, sequence in db.session.execute(query) if kind not in {"verify", "confirmed"}]


def relocation(appointment: int) -> Relocation:
    db.session.expire_all()
    return db.session.get_one(Relocation, appointment)
