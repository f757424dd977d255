"""``make rush``: Syke's release. 8,333 people want 200 places that open at one moment, within ten minutes.

``python -m bench.rush [--people N] [--seconds S] [--engine sqlite]`` for a smaller one.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from bench.crowd import front, towns
from bench.crowd.arrivals import arrivals
from bench.crowd.figures import allow_open_files, cpu_seconds, exactly, verdict
from bench.crowd.people import Crowd
from bench.crowd.stage import Stage, opened, prepared
from booking import clock
from booking.extensions import db
from booking.models import Appointment
from tests.ownership import wrong_in

PEOPLE, PLACES, SECONDS = 8333, 200, 600
SYKE = "syke"


def main() -> None:
    """Run it and say whether every figure is as it must be; ends with 1 otherwise."""
    asked = _asked()
    allow_open_files()
    with tempfile.TemporaryDirectory(prefix="wartefrei-rush-") as folder:
        home = Path(folder)
        with prepared(asked.engine, home, "rush") as (url, app):
            release = towns.next_release(clock.now())
            town = towns.a_town_with_a_release(SYKE, asked.places, release)
            with opened(app, url, home, workers=2) as stage, front.proxy(stage.server, home) as address:
                crowd = Crowd(address, town, release.timestamp(), stage.mailbox, pace=asked.pace)
                spent = _run(crowd, stage, arrivals(asked.people, random.Random(1), seconds=asked.seconds))
                ok = _report(crowd, spent, asked.places)
    sys.exit(0 if ok else 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--pace", type=float, default=1.0, help="0.5: everybody thinks half as long")
    parser.add_argument("--engine", default="postgresql", choices=["postgresql", "sqlite"])
    return parser.parse_args()


def _run(crowd: Crowd, stage: Stage, begins: list[float]) -> dict[str, float]:
    """Let everybody come, and return the processor seconds of those who worked for them."""
    parts = {"web workers": stage.server.workers(), "generator": [0]}
    before = {name: cpu_seconds(*_pids(pids)) for name, pids in parts.items()}
    asyncio.run(_attend(crowd, begins))
    return {name: cpu_seconds(*_pids(pids)) - before[name] for name, pids in parts.items()}


def _pids(pids: Iterable[int]) -> list[int]:
    return [pid or os.getpid() for pid in pids]


async def _attend(crowd: Crowd, begins: list[float]) -> None:
    crowd.mailbox.loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as people:
        for number, begin in enumerate(begins):
            people.create_task(crowd.attend(number, begin))


def _report(crowd: Crowd, spent: dict[str, float], places: int) -> bool:
    crowd.figures.print()
    print("processor seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in spent.items()))
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


if __name__ == "__main__":
    main()
