"""The town that is measured: one busy office that is only asked, one empty one that is booked."""

from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from bench import teams
from booking import clock
from booking.actions.book import book
from booking.actions.find_starts import find_starts
from booking.extensions import db
from booking.models import Block, Clerk, Office
from booking.rules.appointments import Wish
from tests.builders import a_clerk, a_concern, a_municipality, an_office, an_order

TOWN = "musterstadt"
BUSY, BOOKED = "buergerbuero", "rathaus"
APPOINTMENTS_A_DAY = 16
OPEN_FOR_BOOKING = {"start": time(6), "end": time(22)}


def build() -> None:
    """Store the town; its busy office's clerk has sixteen appointments a day for four weeks."""
    policy = {"max_open_per_network": 1_000_000, "proof_above": 100_000, "max_open_per_contact": 1_000_000}
    town = a_municipality(TOWN, policy=policy, holidays={"country": "DE", "state": "NI"})
    desk = db.session.scalars(sa.select(Clerk)).one()
    office = db.session.scalars(sa.select(Office)).one()
    desk.blocks = [_block(office, day, start=time(8), end=time(16)) for day in range(7)]
    other = an_office(town, BOOKED)
    a_concern(town, other, "fundsache", minutes=15)
    a_clerk(town, other, "platz2").blocks = [_block(other, day, **OPEN_FOR_BOOKING) for day in range(7)]
    town.revision += 1
    db.session.commit()
    _fill(APPOINTMENTS_A_DAY)
    teams.build(town)


def _block(office: Office, day: int, **hours: Any) -> Block:
    return Block(office_id=office.id, weekday=day, kind="online", **hours)


def _fill(a_day: int) -> None:
    """Book 10 or 15 minutes here and there."""
    now, days = clock.now(), {}
    for moment in find_starts(TOWN, (Wish("meldebescheinigung"),), now=now).offices[0].starts:
        days.setdefault(moment // 86_400, []).append(moment)
    for number, starts in enumerate(days.values()):
        for place in range(0, 2 * a_day, 2):
            start = datetime.fromtimestamp(starts[min(place, len(starts) - 1)], now.tzinfo)
            if place < len(starts):
                wish = Wish("meldebescheinigung")
                order = an_order(start=start, wishes=(wish,), email=f"{number}.{place}@example.org")
                book(order, now=now)


def free_starts() -> list[str]:
    """Return every quarter-hour at which the other office can be booked, as RFC 3339."""
    found = find_starts(TOWN, (Wish("fundsache"),), now=clock.now() + timedelta(hours=2)).offices[0]
    return [datetime.fromtimestamp(moment, clock.now().tzinfo).isoformat() for moment in found.starts]
