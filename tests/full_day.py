"""A day as full as it gets, by plain INSERTs: ten clerks with twenty appointments each. For counts and benchmarks."""

import itertools
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.extensions import db
from booking.models import (
    Answer,
    Appointment,
    AppointmentClerk,
    AppointmentConcern,
    Block,
    Cell,
    Clerk,
    Concern,
    Mark,
    Office,
)
from booking.models.storing import store
from booking.rules.secrets import new_reference
from tests.builders import MONDAY, NINE, a_clerk, a_municipality

STEP = timedelta(minutes=20)
STATUSES = itertools.cycle(["served", "served", "serving", "called", "checked_in", "confirmed", "confirmed"])
NAMES = itertools.cycle(["Anna Beispiel", "Mehmet Yılmaz", "Oksana Шевченко", "Dr. Karl-Heinz von der Wümme"])


def a_full_day(clerks: int = 10, each: int = 20) -> None:
    """Store a town whose office has so many appointments, of every kind, from eight o'clock on."""
    town, day = a_municipality(), NINE.date()
    office = db.session.query(Office).one()
    known = [db.session.query(Clerk).one(), *(a_clerk(town, office, f"platz{n + 2}") for n in range(clerks - 1))]
    for at in known:
        at.blocks = [Block(office_id=office.id, weekday=day.weekday(), kind="online", start=time(8), end=time(16))]
    town.revision += 1
    concern = db.session.query(Concern).order_by(Concern.id).first()
    assert concern is not None
    db.session.commit()
    first = datetime.combine(day, time(8), ZoneInfo("Europe/Berlin"))
    for at in known:
        for place in range(each):
            _appointment(town.id, office.id, at.id, concern, first + place * STEP)
    db.session.commit()


def _appointment(town: int, office: int, clerk: int, concern: Concern, start: datetime) -> None:
    reference, status = new_reference(), next(STATUSES)
    row = Appointment(
        municipality_id=town, office_id=office, reference=reference, uid=f"{reference}@example.org", status=status,
        channel="online", start=start, end=start + STEP, name=next(NAMES), email=f"{reference}@example.org",
        created_at=MONDAY, changed_at=MONDAY, confirmed_at=MONDAY,
        number=None if status == "confirmed" else 7, arrived_at=start, note="Bringt eine Begleitperson mit.",
    )  # fmt: skip
    row.concerns = [
        AppointmentConcern(concern_id=concern.id, position=0, quantity=2, minutes=20, name=dict(concern.name))
    ]
    row.clerks = [AppointmentClerk(clerk_id=clerk, after_minutes=0)]
    row.answers = [Answer(question="personalausweis.kind", label={"de": "Für wen?"}, text="Für mein Kind")]
    store(row)
    moments = range(int(start.timestamp()), int((start + STEP).timestamp()), 300)
    db.session.add_all(Cell(clerk_id=clerk, moment=moment, appointment_id=row.id) for moment in moments)
    db.session.add(Mark(appointment_id=row.id, verb="check_in", at=start, before={"status": "confirmed"}))
