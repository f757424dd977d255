"""``make district``: twelve municipalities share one installation; the rush of one must not be felt by the others.

The eleven get everyday requests all the time (load-profile: busiest minute, twice over). Their 95th percentile during
the rush is compared with that of the quiet minutes before. ``--seconds`` shortens both parts.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from bench.crowd import front, towns
from bench.crowd.arrivals import arrivals
from bench.crowd.everyday import Everyday
from bench.crowd.figures import Figures, allow_open_files, cpu_seconds, exactly, verdict
from bench.crowd.people import Crowd
from bench.crowd.stage import opened, prepared
from booking import clock
from booking.extensions import db
from tests.ownership import wrong_in

TOWNS, PEOPLE, PLACES = 12, 1667, 200
RATE = 10.0  # everyday requests a second, in all eleven
GROWTH = 1.2


def main() -> None:
    """Run both parts and print; ends with 1 if the others felt it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of each part")
    parser.add_argument("--people", type=int, default=PEOPLE, help="who rush in the first minute")
    asked = parser.parse_args()
    allow_open_files()
    with (
        tempfile.TemporaryDirectory(prefix="wartefrei-district-") as folder,
        prepared("postgresql", Path(folder), "district") as (url, app),
    ):
        home = Path(folder)
        release = towns.next_release(clock.now(), after=asked.seconds)
        rushed = towns.a_town_with_a_release("syke", PLACES, release)
        others = [towns.an_everyday_town(f"gemeinde{number}") for number in range(1, TOWNS)]
        with opened(app, url, home, workers=2) as stage, front.proxy(stage.server, home) as address:
            crowd = Crowd(address, rushed, release.timestamp(), stage.mailbox)
            quiet, busy = Everyday(address, others, RATE), Everyday(address, others, RATE)
            begins = arrivals(asked.people, random.Random(1), seconds=60)
            work = cpu_seconds(*stage.server.workers())
            asyncio.run(_live(crowd, begins, (quiet, busy), asked.seconds))
            spent = cpu_seconds(*stage.server.workers()) - work
        ok = _report(crowd, quiet.figures, busy.figures, spent)
    sys.exit(0 if ok else 1)


async def _live(crowd: Crowd, begins: list[float], parts: tuple[Everyday, Everyday], seconds: float) -> None:
    """Everyday until people gather before the release; then everyday again, beside them."""
    crowd.mailbox.loop = asyncio.get_running_loop()
    quiet, busy = parts
    await quiet.live(until=crowd.release - 35)
    async with asyncio.TaskGroup() as all_of_them:
        all_of_them.create_task(busy.live(until=max(time.time(), crowd.release) + seconds))
        for number, begin in enumerate(begins):
            all_of_them.create_task(crowd.attend(number, begin))


def _report(crowd: Crowd, quiet: Figures, busy: Figures, spent: float) -> bool:
    for title, figures in (
        ("the eleven, quiet", quiet),
        ("the eleven, beside the rush", busy),
        ("syke", crowd.figures),
    ):
        print(f"\n{title}")
        figures.print()
    print(f"\nprocessor seconds: web workers {spent:.0f}, generator {cpu_seconds(os.getpid()):.0f}")
    before, during = quiet.overall(0.95) * 1000, busy.overall(0.95) * 1000
    print(f"p95 of the eleven: {before:.1f} ms quiet, {during:.1f} ms beside the rush")
    db.session.rollback()
    return all(
        [
            verdict("growth of the eleven's p95", round(during / before, 2), GROWTH, " ×"),
            exactly("answers 5xx or none", quiet.faults() + busy.faults() + crowd.figures.faults(), 0),
            exactly("wrong in the tables", wrong_in(db.session.connection(), clock.now()), {}),
        ]
    )


if __name__ == "__main__":
    main()
