"""Offices of 1, 10 and 100 clerks with sixteen appointments a day each, and what changes one clerk's month."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from booking import clock
from booking.extensions import db
from booking.models import Appointment, AppointmentClerk, Block, Cell, Clerk, Municipality, Office
from booking.rules.spans import GRID_SECONDS
from tests.builders import a_clerk, a_concern, an_office

SIZES = (1, 10, 100)
DAYS, A_DAY = 29, 16
OPENS, CELLS = 8 * 3600, 8 * 12  # seconds after midnight in UTC, five-minute steps


def office_of(size: int) -> str:
    """Return the slug of the office with so many clerks, and of its only concern."""
    return f"team-{size}"


def build(town: Municipality) -> None:
    """Store the three offices, filled by plain INSERTs: fifty thousand bookings would take minutes."""
    for size in SIZES:
        office = an_office(town, office_of(size))
        a_concern(town, office, office_of(size), minutes=15)
        clerks = [a_clerk(town, office, f"{office.slug}-{number}") for number in range(size)]
        for clerk in clerks:
            clerk.blocks = [
                Block(office_id=office.id, weekday=day, kind="online", start=time(8), end=time(18)) for day in range(7)
            ]
        db.session.flush()
        _fill(office, clerks)
    town.revision += 1
    db.session.commit()


def _fill(office: Office, clerks: list[Clerk]) -> None:
    dice, midnight = random.Random(office.id), int(clock.now().timestamp()) // 86_400 * 86_400
    number = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(Appointment.id), 0))) or 0
    rows: dict[type, list[dict[str, Any]]] = {Appointment: [], AppointmentClerk: [], Cell: []}
    for clerk in clerks:
        for day in range(DAYS):
            for first, length in _strewn(dice):
                number += 1
                start = midnight + day * 86_400 + OPENS + first * GRID_SECONDS
                rows[Appointment].append(_appointment(number, office, start, length))
                rows[AppointmentClerk].append({"appointment_id": number, "clerk_id": clerk.id})
                rows[Cell] += [
                    {"clerk_id": clerk.id, "moment": start + step * GRID_SECONDS, "appointment_id": number}
                    for step in range(length)
                ]
    for table, values in rows.items():
        db.session.execute(sa.insert(table.metadata.tables[table.__tablename__]), values)  # type: ignore[attr-defined]
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("SELECT setval('appointment_id_seq', :last)"), {"last": number})


def _strewn(dice: random.Random) -> Iterator[tuple[int, int]]:
    """Appointments of 10 to 20 minutes with a hole before each: the hardest case for gapless starts."""
    first = 0
    for _ in range(A_DAY):
        first += dice.choice((0, 2, 3, 4))
        length = dice.choice((2, 3, 4))
        if first + length > CELLS:
            return
        yield first, length
        first += length


def _appointment(number: int, office: Office, start: int, length: int) -> dict[str, Any]:
    begin, now = datetime.fromtimestamp(start, UTC), clock.now()
    return {
        "id": number,
        "municipality_id": office.municipality_id,
        "office_id": office.id,
        "reference": f"B{number}",
        "uid": f"{number}@bench",
        "status": "confirmed",
        "channel": "online",
        "start": begin,
        "end": begin + timedelta(seconds=length * GRID_SECONDS),
        "created_at": now,
        "changed_at": now,
    }


def change(size: int) -> Iterator[None]:
    """At each step take, or give back, five minutes of one clerk of the office, and raise its version."""
    mine = sa.select(Office.id).where(Office.slug == office_of(size)).scalar_subquery()
    clerks = db.session.scalars(sa.select(Block.clerk_id).where(Block.office_id == mine).distinct()).all()
    dice, moment = random.Random(size), int(clock.now().timestamp()) // 86_400 * 86_400 + 20 * 86_400
    cells = Cell.metadata.tables[Cell.__tablename__]
    while True:
        clerk = dice.choice(sorted(clerks))
        taken = {"clerk_id": clerk, "moment": moment, "held_until": clock.now() + timedelta(days=60)}
        for change in (
            sa.insert(cells).values(taken),
            sa.delete(cells).where(cells.c.clerk_id == clerk, cells.c.moment == moment),
        ):
            db.session.rollback()
            db.session.connection(execution_options={"writes": True})
            db.session.execute(sa.update(Office).where(Office.id == mine).values(version=Office.version + 1))
            db.session.execute(change)
            db.session.commit()
            yield
