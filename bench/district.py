"""``make district``: twelve municipalities share one installation; the rush of one must not be felt by the others.

The eleven get everyday requests all the time (load-profile: busiest minute, twice over), from a process of its own. In
every second slice of time one municipality is in a rush; what the eleven wait then is compared with the quiet slice
before it. So a machine whose speed changes by the minute changes both. ``--rounds`` and ``--seconds`` shorten it.
"""

import argparse
import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.pool import Pool
from pathlib import Path

from bench.crowd import front, towns
from bench.crowd.arrivals import arrivals
from bench.crowd.everyday import everyday_for
from bench.crowd.figures import Figures, allow_open_files, exactly, percentile, verdict
from bench.crowd.people import Crowd, Town
from bench.crowd.proving import Proofs
from bench.crowd.stage import Stage, opened, prepared
from bench.crowd.work import work_of
from booking import clock
from booking.extensions import db
from tests.ownership import wrong_in

TOWNS, PEOPLE, PLACES = 12, 1417, 200
RATE = 10.0  # everyday requests a second, in all eleven
ROUNDS, SECONDS, PAUSE = 5, 45.0, 3.0
GROWTH = 1.2


@dataclass
class District:
    """One run: who is asked, and what they answered slice by slice."""

    url: str
    others: list[Town]
    rushes: list[Town]
    stage: Stage
    people: int
    seconds: float
    quiet: list[Figures] = field(default_factory=list)
    busy: list[Figures] = field(default_factory=list)
    crowd: Figures = field(default_factory=Figures)
    had: int = 0

    async def live(self, pool: Pool) -> None:
        """Let quiet and busy slices follow each other, a rush in another municipality each time."""
        await asyncio.to_thread(pool.apply, everyday_for, (2, self.url, self.others, RATE, 0))  # everybody has woken up
        for number, town in enumerate(self.rushes):
            self.quiet.append(await self._everyday(pool, 2 * number + 1))
            crowd = Crowd(self.url, town, time.time() + 2, self.stage.mailbox, Proofs(town.slug, town.office))
            crowd.gather, crowd.mailbox.loop = 2, asyncio.get_running_loop()
            begins = arrivals(self.people, random.Random(number), seconds=60)
            rush = asyncio.gather(*(crowd.attend(each, begin) for each, begin in enumerate(begins)))
            self.busy.append(await self._everyday(pool, 2 * number + 2))
            rush.cancel()
            with suppress(asyncio.CancelledError):
                await rush
            self.crowd += crowd.figures
            self.had += len(crowd.booked)
            await asyncio.sleep(PAUSE)

    async def _everyday(self, pool: Pool, seed: int) -> Figures:
        return await asyncio.to_thread(pool.apply, everyday_for, (self.seconds, self.url, self.others, RATE, seed))

    def growths(self) -> list[float]:
        """Return for each pair of slices how many times as long the eleven's slowest twentieth waited."""
        return [busy.overall(0.95) / quiet.overall(0.95) for quiet, busy in zip(self.quiet, self.busy, strict=True)]


def main() -> None:
    """Run it and print; ends with 1 if the others felt it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="each of a quiet and a busy slice")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each slice")
    parser.add_argument("--people", type=int, default=PEOPLE, help="who rush in a minute")
    asked = parser.parse_args()
    allow_open_files()
    with (
        tempfile.TemporaryDirectory(prefix="wartefrei-district-") as folder,
        prepared("postgresql", Path(folder), "district") as (url, app),
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        home = Path(folder)
        released = towns.next_release(clock.now() - timedelta(minutes=3))
        rushes = [towns.a_town_with_a_release(f"syke{number}", PLACES, released) for number in range(asked.rounds)]
        others = [towns.an_everyday_town(f"gemeinde{number}") for number in range(1, TOWNS)]
        with opened(app, url, home, workers=2) as stage, front.proxy(stage.server, home) as proxy:
            district = District(proxy.url, others, rushes, stage, asked.people, asked.seconds)
            work = work_of(stage, proxy.pid)
            asyncio.run(district.live(pool))
            ok = _report(district)
            work.print()
    sys.exit(0 if ok else 1)


def _report(district: District) -> bool:
    quiet, busy = Figures(), Figures()
    for number in range(len(district.quiet)):
        quiet += district.quiet[number]
        busy += district.busy[number]
    for title, figures in (
        ("the eleven, quiet", quiet),
        ("the eleven, beside a rush", busy),
        ("who rush", district.crowd),
    ):
        print(f"\n{title}")
        figures.print()
    print(f"\n{district.had} of {PLACES * len(district.rushes)} places were taken in the rushes")
    told = " ".join(
        f"{before.overall(0.95) * 1000:.0f}→{during.overall(0.95) * 1000:.0f}"
        for before, during in zip(district.quiet, district.busy, strict=True)
    )
    print(f"p95 of the eleven in ms, quiet→busy, pair by pair: {told}")
    print(f"all together: {quiet.overall(0.95) * 1000:.0f} quiet, {busy.overall(0.95) * 1000:.0f} beside a rush")
    db.session.rollback()
    return all(
        [
            verdict("growth of the eleven's p95 (median pair)", round(percentile(district.growths(), 0.5), 2), GROWTH),
            exactly("answers 5xx or none", quiet.faults() + busy.faults() + district.crowd.faults(), 0),
            exactly("the eleven refused", quiet.count(429) + busy.count(429), 0),
            exactly("wrong in the tables", wrong_in(db.session.connection(), clock.now()), {}),
        ]
    )


if __name__ == "__main__":
    main()
