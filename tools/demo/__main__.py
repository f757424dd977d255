"""Make the demo logins and fill the schedule; repeated, it adds only the days that have come into sight.

Usage: python -m tools.demo PASSWORD-FILE [--logins-only]. For `make run` alone: it refuses a service on https and a
database in which anybody else has booked.
"""

import os
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import exists, func, select

from booking import clock, create_app
from booking.actions.absences import Times, enter_absence
from booking.actions.add_login import Post, add_login
from booking.actions.catalogues import catalogue_of
from booking.actions.group_roles import Place
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Absence, Appointment, Block, Clerk, Login, Municipality
from booking.rules.blocks import BlockKind
from booking.rules.catalogue import Catalogue, Office
from booking.rules.opening_days import open_spans
from booking.rules.roles import Actor, Role
from config import settings
from tools.demo.people import MARK
from tools.demo.schedule import bounds, fill, is_filled, play, walk_in

TOWN, LOGINS_ONLY = "schwarmstedt", "--logins-only"
LOGINS = {"empfang": Role.DESK, "telefon": Role.PHONE, "leitung": Role.MANAGER, "admin": Role.ADMIN}
DAYS = 7  # from today on
BUSIEST, QUIETEST = 0.9, 0.5  # how full today is, and the last of the days
RELIEF = "bb2"  # a second counter, so that the schedule has more than one column
AWAY_IN = range(DAYS - 1, 0, -1)  # days from now; on the last with appointments a clerk falls ill
DEMO_HOURS = (time(8), time(20))


def main(password: str, *, logins_only: bool = False) -> int:
    """Do it and say what was done in one line."""
    chosen = settings.load(dict(os.environ))
    app = create_app(chosen)
    if chosen.base_url.startswith("https:"):
        return _refuse("BASE_URL is https: this may be a service that real people use.")
    with app.app_context():
        now = clock.now()
        if not logins_only and _is_somebodys():
            return _refuse("people have booked here already.")
        staff = _logins(password, now)
        if logins_only:
            print(f"Demo: logins {', '.join(LOGINS)}.")
            return 0
        booked = _fill(staff, now)
        print(f"Demo: logins {', '.join(LOGINS)}; {booked} invented appointments were added.")
    return 0


def _refuse(why: str) -> int:
    print(f"No demo schedule was made: {why}")
    return 0  # the service starts all the same


def _is_somebodys() -> bool:
    """Whether there are appointments and none is invented: in a demo everybody may book beside them."""
    any_at_all = db.session.scalar(select(exists().where(Appointment.id > 0)))
    return bool(any_at_all) and not db.session.scalar(select(exists().where(Appointment.uid.endswith(MARK))))


def _logins(password: str, now: datetime) -> dict[str, Actor]:
    """Make the logins that are missing; a password that somebody has changed stays."""
    known = set(db.session.scalars(select(Login.name)))
    for name, role in LOGINS.items():
        if name not in known:
            add_login(name, password, Post(Place(TOWN), role.value), now=now)
    ids = dict(db.session.execute(select(Login.name, Login.id).where(Login.name.in_(LOGINS))).all())
    town = db.session.scalars(select(Municipality.id).where(Municipality.slug == TOWN)).one()
    return {name: Actor(ids[name], role, town) for name, role in LOGINS.items()}


def _fill(staff: dict[str, Actor], now: datetime) -> int:
    _staff_up(now)
    catalogue = catalogue_of(TOWN)
    today = now.astimezone(catalogue.zone).date()
    booked = 0
    for office in catalogue.open_offices:
        is_new = not is_filled(office.id, bounds(catalogue, today))
        for ahead in range(DAYS):
            booked += _fill_day(catalogue, office, today + timedelta(ahead), ahead, by=staff["telefon"], now=now)
        play(office.id, bounds(catalogue, today), by=staff["empfang"], now=now)
        if is_new and any(span.start <= now < span.end for span in open_spans(catalogue.timetable, office.id, today)):
            walk_in(catalogue, office, by=staff["empfang"], now=now)
    _fall_ill(catalogue, today, by=staff["leitung"], now=now)
    return booked


def _fill_day(catalogue: Catalogue, office: Office, day: date, ahead: int, *, by: Actor, now: datetime) -> int:
    if is_filled(office.id, bounds(catalogue, day)):
        return 0
    share = BUSIEST - (BUSIEST - QUIETEST) * ahead / DAYS
    return fill(catalogue, office, day, by=by, share=share, now=now)


def _staff_up(now: datetime) -> None:
    """Open the relief counter; where today is shut, let staff have hours, so that today can be looked at any day."""
    town = db.session.scalars(select(Municipality).where(Municipality.slug == TOWN)).one()
    relief = db.session.scalars(
        select(Clerk).where(Clerk.municipality_id == town.id, Clerk.slug == RELIEF)
    ).one_or_none()
    if relief is not None and not relief.active:
        relief.active = True
        town.revision += 1
    db.session.commit()
    catalogue = catalogue_of(TOWN)
    today = now.astimezone(catalogue.zone).date()
    if any(open_spans(catalogue.timetable, office.id, today) for office in catalogue.open_offices):
        return
    for clerk, office in {block.clerk: block.office for block in catalogue.blocks}.items():
        hours = {"start": DEMO_HOURS[0], "end": DEMO_HOURS[1], "kind": BlockKind.STAFF.value}
        db.session.add(Block(clerk_id=clerk, office_id=office, date=today, **hours))
    town.revision += 1
    db.session.commit()


def _fall_ill(catalogue: Catalogue, today: date, *, by: Actor, now: datetime) -> None:
    """Let one clerk be away on a day of next week, once: what that strands waits on the work list."""
    if db.session.scalar(select(func.count(Absence.id))):
        return
    for office in catalogue.open_offices:
        for ahead in AWAY_IN:
            day = today + timedelta(ahead)
            if is_filled(office.id, bounds(catalogue, day)):
                clerk = next(each.slug for each in catalogue.clerks if each.id in _working(catalogue, office))
                try:
                    enter_absence(by, [clerk], Times(day, day), now=now)
                except Refusal as refusal:
                    print(f"No absence: {refusal.code}")
                return


def _working(catalogue: Catalogue, office: Office) -> set[int]:
    return {block.clerk for block in catalogue.blocks if block.office == office.id}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).read_text().strip(), logins_only=LOGINS_ONLY in sys.argv[2:]))
