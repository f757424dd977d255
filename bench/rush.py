"""``make rush``: Syke's release. 8,333 people want 200 places that open at one moment, within ten minutes.

``python -m bench.rush --proof both --overload`` runs it without and with proofs of work, and after the first one lets
more come than two cores can carry; ``--only-overload`` does nothing else. ``--people N --seconds S`` for a smaller one.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.crowd import front, towns
from bench.crowd.arrivals import arrivals
from bench.crowd.figures import allow_open_files, exactly, verdict
from bench.crowd.overload import Ramp, overload, report
from bench.crowd.people import NEVER_CONFIRM, Crowd, Town
from bench.crowd.proving import Proofs
from bench.crowd.stage import Stage, opened, prepared
from bench.crowd.work import work_of
from booking import clock
from booking.actions.find_starts import by_day, find_starts
from booking.extensions import db
from booking.models import Appointment
from booking.rules.appointments import Wish
from tests.ownership import wrong_in

PEOPLE, PLACES, SECONDS = 8333, 200, 600
PROOFS = 1.0  # made beforehand, per person of the first minute
SYKE = "syke"


def main() -> None:
    """Run it and say whether every figure is as it must be; ends with 1 otherwise."""
    asked = _asked()
    allow_open_files()
    modes = {"off": [False], "on": [True], "both": [False, True]}[asked.proof]
    met = []
    if asked.only_overload:
        met.append(_overloaded(asked))
    else:
        for is_proven in modes:
            print(f"\nproof of work {'on' if is_proven else 'off'}", flush=True)
            met.append(_release(asked, is_proven=is_proven, is_ramped=asked.overload and is_proven == modes[0]))
    sys.exit(0 if all(met) else 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--pace", type=float, default=1.0, help="0.5: everybody thinks half as long")
    parser.add_argument("--never-confirm", type=float, default=NEVER_CONFIRM, help="share of the early ones (off)")
    parser.add_argument("--released", action="store_true", help="before they come: nobody waits for the whole minute")
    parser.add_argument("--engine", default="postgresql", choices=["postgresql", "sqlite"])
    parser.add_argument("--proof", default="off", choices=["off", "on", "both"], help="of work, for each booking")
    parser.add_argument("--overload", action="store_true", help="at the end more come than can be served")
    parser.add_argument("--only-overload", action="store_true")
    parser.add_argument("--ramp-seconds", type=float, default=60)
    parser.add_argument("--ramp-to", type=float, default=3000, help="requests a second at its end")
    return parser.parse_args()


def _release(asked: argparse.Namespace, *, is_proven: bool, is_ramped: bool) -> bool:
    with tempfile.TemporaryDirectory(prefix="wartefrei-rush-") as folder:
        home = Path(folder)
        with prepared(asked.engine, home, "rush") as (url, app):
            proofs = Proofs(SYKE, towns.OFFICE)
            ago = timedelta(minutes=3 if asked.released else 0)
            release = towns.next_release(clock.now() - ago, after=3 if is_proven else 0)
            town = towns.a_town_with_a_release(SYKE, asked.places, release, is_proven=is_proven)
            key = app.config["SECRET_KEY"]
            with (
                opened(app, url, home, workers=2, SECRET_KEY=key) as stage,
                front.proxy(stage.server, home) as proxy,
            ):
                proofs.make(int(asked.people * 0.2 * PROOFS) if is_proven else 0)
                begin = max(release.timestamp(), time.time() + 2)
                crowd = Crowd(proxy.url, town, begin, stage.mailbox, proofs, pace=asked.pace)
                crowd.never_confirm = 0 if is_proven else asked.never_confirm
                work = work_of(stage, proxy.pid)
                asyncio.run(_attend(crowd, arrivals(asked.people, random.Random(1), seconds=asked.seconds)))
                crowd.figures.print()
                work.print()
                met = _as_it_must_be(crowd, asked.places)
                if is_ramped:
                    met &= _ramp(stage, proxy, town, asked)
    return met


async def _attend(crowd: Crowd, begins: list[float]) -> None:
    """Let everybody come."""
    crowd.mailbox.loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as people:
        for number, begin in enumerate(begins):
            people.create_task(crowd.attend(number, begin))


def _as_it_must_be(crowd: Crowd, places: int) -> bool:
    db.session.rollback()
    counted = db.session.execute(
        sa.select(Appointment.status, sa.func.count()).group_by(Appointment.status).order_by(Appointment.status)
    )
    rows: dict[str, int] = {status: number for status, number in counted}  # noqa: C416 - rows are no tuples to mypy
    print(f"in the tables: {rows}")
    return all(
        [
            exactly("confirmed at the end", rows.get("confirmed", 0), places),
            exactly("confirmations answered 200", len(set(crowd.confirmed)), places),
            exactly("wrong in the tables", wrong_in(db.session.connection(), clock.now()), {}),
            exactly("answers 5xx or none", crowd.figures.faults(), 0),
            verdict("p95 of the free times", round(crowd.figures.p95("free times") * 1000), 300, " ms"),
            verdict("p95 of a booking", round(crowd.figures.p95("booking") * 1000), 1000, " ms"),
        ]
    )


def _overloaded(asked: argparse.Namespace) -> bool:
    """Open a town whose places were released a minute ago, and run the ramp alone."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-rush-") as folder:
        home = Path(folder)
        with prepared(asked.engine, home, "overload") as (url, app):
            released = towns.next_release(clock.now() - timedelta(minutes=3))
            town = towns.a_town_with_a_release(SYKE, asked.places, released)
            with opened(app, url, home, workers=2) as stage, front.proxy(stage.server, home) as proxy:
                return _ramp(stage, proxy, town, asked)


def _ramp(stage: Stage, proxy: front.Front, town: Town, asked: argparse.Namespace) -> bool:
    """Let more come than two cores can carry, from processes of their own; what is booked must still be right."""
    print(f"\nfrom 100 to {asked.ramp_to:g} requests a second in {asked.ramp_seconds:g} s", flush=True)
    ramp = Ramp(high=asked.ramp_to, seconds=asked.ramp_seconds)
    starts = _all_starts(town)
    work = work_of(stage, proxy.pid)
    floods, probe, end = asyncio.run(overload(proxy.url, town, starts, ramp))
    met = report(floods, probe, end, ramp)
    work.print()
    db.session.rollback()
    return met & exactly("wrong in the tables", wrong_in(db.session.connection(), clock.now()), {})


def _all_starts(town: Town) -> list[str]:
    """Return the town's starts, of the last day that can be booked when none is free any more."""
    found = find_starts(town.slug, (Wish(town.concern),), now=clock.now())
    (office,) = found.offices
    free = [start.isoformat() for _, starts in by_day(office.starts, found.catalogue) for start in starts]
    taken = sa.select(Appointment.start).where(Appointment.start.is_not(None)).distinct().order_by(Appointment.start)
    starts = free or [start.isoformat() for start in db.session.scalars(taken) if start]
    db.session.rollback()  # nothing may stand open for minutes: PostgreSQL would end it
    return starts


if __name__ == "__main__":
    main()
