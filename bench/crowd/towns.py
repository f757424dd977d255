"""The towns that crowds meet: one that releases all its places at one minute, and ordinary ones beside it."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bench.crowd.people import Town
from booking import clock
from booking.extensions import Base, db
from booking.models import Appointment, AppointmentClerk, Block, Cell, Clerk, ConcernOffice, Office
from booking.rules.spans import GRID_SECONDS
from tests.builders import a_clerk, a_concern, a_municipality, an_office

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE, CONCERN = "buergerbuero", "impfung"
MINUTES, CLERKS = 5, 4
CONFIRM_MINUTES = 2  # instead of 30: what is never confirmed comes back within the ten minutes
AFTER_START = timedelta(seconds=50)  # processes need some time to start, people to gather
HORIZON_DAYS = 28
PROVEN, UNPROVEN = 0, 10**5  # bookings an hour above which each has to prove some work


def next_release(now: datetime, *, after: float = 0) -> datetime:
    """Return the next whole minute at which everything can stand ready, and ``after`` seconds are over."""
    return (now + AFTER_START + timedelta(seconds=after, minutes=1)).replace(second=0, microsecond=0)


def a_town_with_a_release(slug: str, places: int, release: datetime, *, is_proven: bool = False) -> Town:
    """Store a town whose only free day opens at ``release``: ``places`` appointments of five minutes, four clerks.

    ``is_proven``: every booking needs a proof of work, and abuse mode brings what lapses back after up to an hour: ten
    minutes cannot wait for it, so people have the usual half an hour to confirm.
    """
    local = release.astimezone(BERLIN)
    policy = {
        "horizon_days": HORIZON_DAYS,
        "confirm_minutes": 30 if is_proven else CONFIRM_MINUTES,
        "lead_minutes": 0,
        "proof_above": PROVEN if is_proven else UNPROVEN,
        "useful_rest_minutes": MINUTES,  # no rest is too short for one more: all places can be had
        "release": {"kind": "weekly", "at": f"{local:%H:%M}", "weekday": local.weekday()},
    }
    town = a_municipality(slug, policy=policy, holidays={"country": "DE", "remove": []})
    office = db.session.scalars(sa.select(Office).where(Office.municipality_id == town.id)).one()
    a_concern(town, office, CONCERN, minutes=MINUTES, extra_minutes=0)
    day = local.date() + timedelta(days=HORIZON_DAYS)
    first = db.session.scalars(sa.select(Clerk).where(Clerk.municipality_id == town.id)).one()
    clerks = [first, *(a_clerk(town, office, f"platz{number}") for number in range(2, CLERKS + 1))]
    for clerk in clerks:
        clerk.blocks = [_day(office, day, minutes=places // CLERKS * MINUTES)]
    town.revision += 1
    db.session.commit()
    return Town(slug, OFFICE, CONCERN)


def an_everyday_town(slug: str) -> Town:
    """Store a town with one clerk and the usual weeks ahead."""
    a_municipality(slug, policy={"max_open_per_network": 30, "proof_above": UNPROVEN})
    return Town(slug, OFFICE, "meldebescheinigung")


def _day(office: Office, day: date, *, minutes: int) -> Block:
    end = (datetime.combine(day, time(8)) + timedelta(minutes=minutes)).time()
    return Block(office_id=office.id, date=day, kind="online", start=time(8), end=end)


def seconds_until(moment: datetime) -> float:
    """Return how long it is until then."""
    return (moment - clock.now()).total_seconds()


def a_metropolis(slug: str, offices: int, clerks: int, concerns: int) -> None:
    """Store a municipality of many offices, each with as many clerks, every concern at every office."""
    policy = {"max_open_per_network": 10**6, "proof_above": UNPROVEN}
    town = a_municipality(slug, policy=policy, holidays={"country": "DE"})
    places = [an_office(town, f"amt{number}") for number in range(offices)]
    made = [a_concern(town, places[0], f"anliegen{number}", minutes=15) for number in range(concerns)]
    for concern in made:
        concern.offices += [ConcernOffice(office_id=place.id) for place in places[1:]]
    for at, place in enumerate(places):
        for number in range(clerks):
            clerk = a_clerk(town, place, f"platz{at}-{number}")
            clerk.blocks = [_week(place, day) for day in range(5)]
    town.revision += 1
    db.session.commit()


def _week(office: Office, day: int) -> Block:
    return Block(office_id=office.id, weekday=day, kind="online", start=time(8), end=time(16))


QUARTERS = """
CREATE TEMPORARY TABLE quarter AS
SELECT nextval('appointment_id_seq') AS id, block.clerk_id, block.office_id, office.municipality_id,
       wall AT TIME ZONE 'Europe/Berlin' AS start
FROM block JOIN office ON office.id = block.office_id
CROSS JOIN generate_series(CAST(current_date + 1 AS timestamp), CAST(current_date + :days AS timestamp), '1 day') AS day
CROSS JOIN LATERAL generate_series(day + block.start, day + block."end" - interval '1 minute', '15 minutes') AS wall
WHERE block.weekday = extract(isodow FROM day) - 1 AND random() < :share
"""


def fill(*, share: float) -> int:
    """Take that share of all quarter-hours by plain INSERTs, for bookings would take an hour; PostgreSQL only.

    Returns how many appointments there are then.
    """
    db.session.execute(sa.text("SELECT setseed(0.5)"))
    db.session.execute(sa.text(QUARTERS), {"days": HORIZON_DAYS, "share": share})
    quarter = sa.table("quarter", *map(sa.column, ("id", "clerk_id", "office_id", "municipality_id", "start")))
    number, now = sa.cast(quarter.c.id, sa.Text), sa.func.now()
    values = {
        "id": quarter.c.id,
        "municipality_id": quarter.c.municipality_id,
        "office_id": quarter.c.office_id,
        "reference": "F" + number,
        "uid": number + "@bench",
        "status": sa.literal("confirmed"),
        "channel": sa.literal("online"),
        "start": quarter.c.start,
        "end": quarter.c.start + timedelta(minutes=15),
        "created_at": now,
        "changed_at": now,
    }
    _insert(Appointment, values)
    _insert(AppointmentClerk, {"appointment_id": quarter.c.id, "clerk_id": quarter.c.clerk_id})
    step = sa.func.generate_series(0, 2)
    moment = sa.cast(sa.extract("epoch", quarter.c.start), sa.Integer) + step * GRID_SECONDS
    _insert(Cell, {"clerk_id": quarter.c.clerk_id, "moment": moment, "appointment_id": quarter.c.id})
    db.session.commit()
    db.session.execute(sa.text("ANALYZE"))
    made = db.session.scalar(sa.select(sa.func.count()).select_from(Appointment))
    db.session.commit()
    return made or 0


def _insert(into: type[Base], values: dict[str, Any]) -> None:
    table = into.metadata.tables[into.__tablename__]
    db.session.execute(sa.insert(table).from_select(list(values), sa.select(*values.values())))
