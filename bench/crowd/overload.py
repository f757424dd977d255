"""More than the service can carry: visits that come faster and faster whether or not the earlier ones are answered.

load-profile, level L3: from 100 to 3,000 requests a second. Processes of their own send them, each visitor from a
loopback address of their own, and a probe looks how one more citizen fares meanwhile and afterwards.
"""

import asyncio
import math
import multiprocessing
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier

from bench.crowd.figures import Figures, exactly, percentile, verdict
from bench.crowd.line import Line, Reply
from bench.crowd.people import Town

MIX = {"free times": 70, "booking": 22, "other": 8}  # load-profile, section 4: burst
ASKED = 4  # requests of one visitor, on one connection
MOST_AT_ONCE = 1500  # visitors of one process: beyond that it is the generator that is overloaded, and says so
FIRST_NUMBER = 2_000_000  # addresses that no crowd has
APART = 1_000_000
LEAD = 0.5  # seconds from when all processes are ready
PROBES, WINDOW = 0.1, 3.0  # seconds between two looks of the probe; over which its 95th percentile is taken
AIM, RECOVERY = 0.3, 30.0  # seconds


@dataclass(frozen=True)
class Ramp:
    """Requests a second at the beginning and at the end, over so many seconds, from so many processes."""

    low: float = 100
    high: float = 3000
    seconds: float = 60
    processes: int = 2

    def visitors_by(self, moment: float) -> float:
        """Return how many visitors of one process have come so many seconds after the beginning."""
        asked = self.low * moment + (self.high - self.low) * moment**2 / (2 * self.seconds)
        return asked / ASKED / self.processes


@dataclass
class Flood:
    """What one process sent, and what it was told."""

    begin: float
    figures: Figures = field(default_factory=Figures)
    by_second: list[int] = field(default_factory=list)
    left_out: int = 0
    silent: int = 0  # refusals that did not say when to come back


@dataclass
class Probe:
    """One more citizen, who looks at the free times and at a page: moments of time.time(), seconds, statuses."""

    looks: list[tuple[float, float, int]] = field(default_factory=list)
    until: float = math.inf

    async def look(self, url: str, town: Town) -> None:
        """Look every tenth of a second, at both in turn."""
        line = Line.to(url, FIRST_NUMBER - 1)
        paths = (town.free, f"/{town.slug}/")
        while time.time() < self.until:
            reply = await line.ask("GET", paths[len(self.looks) % 2])
            self.looks.append((time.time(), reply.seconds, reply.status))
            await asyncio.sleep(PROBES)
        line.close()

    def recovered(self, after: float) -> float | None:
        """Return the seconds until a whole window was answered in time and without a refusal; None: never."""
        for begin, _, _ in self.looks:
            those = [look for look in self.looks if begin <= look[0] < begin + WINDOW]
            is_whole = begin >= after and self.looks[-1][0] >= begin + WINDOW
            is_served = all(status in {200, 304} for _, _, status in those)
            if is_whole and is_served and percentile([seconds for _, seconds, _ in those], 0.95) <= AIM:
                return begin - after
        return None


async def overload(url: str, town: Town, starts: Sequence[str], ramp: Ramp) -> tuple[list[Flood], Probe, float]:
    """Run the ramp and the probe; return what each process was told, the probe, and when the ramp ended."""
    probe = Probe()
    looking = asyncio.create_task(probe.look(url, town))
    jobs = [(number, url, town, list(starts), ramp) for number in range(ramp.processes)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(ramp.processes, _wait_with, (context.Barrier(ramp.processes),)) as pool:
        floods = await asyncio.to_thread(pool.starmap, _send, jobs, 1)
        await asyncio.to_thread(_end, pool)
    end = floods[0].begin + ramp.seconds
    probe.until = max(time.time() + WINDOW, end + RECOVERY + 2 * WINDOW)
    while (back := probe.recovered(end)) is None and time.time() < probe.until:  # noqa: ASYNC110 - no event: looks are judged together
        await asyncio.sleep(1)
    probe.until = 0 if back is not None else probe.until
    await looking
    return floods, probe, end


def report(floods: list[Flood], probe: Probe, end: float, ramp: Ramp) -> bool:
    """Print what was reached and how the service fared; return whether it is as it must be."""
    told = Figures()
    for flood in floods:
        told += flood.figures
    told.print()
    reached = [sum(each) for each in zip(*(flood.by_second for flood in floods), strict=True)]
    left_out = sum(flood.left_out for flood in floods)
    print(f"answers in the ramp's seconds: {' '.join(map(str, reached[:: max(1, len(reached) // 12)]))}")
    print(f"the generator had {max(reached)} answers in its best second of {ramp.high:g} asked; {left_out} left out")
    during = [seconds for moment, seconds, status in probe.looks if moment < end and status != 429]
    print(f"one more citizen meanwhile: p95 {percentile(during, 0.95) * 1000:.0f} ms where not refused")
    back = probe.recovered(end)
    return all(
        [
            exactly("answers 5xx or none under overload", told.faults(), 0),
            exactly("refusals that do not say when to come back", sum(flood.silent for flood in floods), 0),
            verdict("refused with 429, as seconds to recover", RECOVERY * 9 if back is None else back, RECOVERY, " s"),
        ]
    )


_ready: list[Barrier] = []


def _wait_with(others: Barrier) -> None:
    """Begin when the others can: to start a process takes seconds on a busy machine."""
    _ready.append(others)


def _end(pool: Pool) -> None:
    pool.close()
    pool.join()  # only then are the seconds that they used this program's children's


def _send(number: int, url: str, town: Town, starts: list[str], ramp: Ramp) -> Flood:
    _ready[0].wait()
    flood = Flood(time.time() + LEAD, by_second=[0] * int(ramp.seconds))
    return asyncio.run(_come(_Visits(number, url, town, starts, random.Random(number), flood), ramp))


@dataclass
class _Visits:
    """The visitors of one process."""

    number: int
    url: str
    town: Town
    starts: list[str]
    dice: random.Random
    flood: Flood
    here: int = 0

    async def visit(self, visitor: int) -> None:
        """Ask a few things, each after the other's answer."""
        line = Line.to(self.url, FIRST_NUMBER + self.number * APART + visitor)
        for _ in range(ASKED):
            (kind,) = self.dice.choices(list(MIX), list(MIX.values()))
            reply = await self._ask(line, kind)
            self.flood.figures.note(kind, reply)
            self.flood.silent += reply.status == 429 and "retry-after" not in reply.headers
            second = int(time.time() - self.flood.begin)
            if 0 <= second < len(self.flood.by_second):
                self.flood.by_second[second] += 1
        line.close()
        self.here -= 1

    async def _ask(self, line: Line, kind: str) -> Reply:
        if kind == "free times":
            return await line.ask("GET", self.town.free)
        if kind == "other":
            return await line.ask("GET", f"/{self.town.slug}/")
        body = {
            "office": self.town.office,
            "start": self.dice.choice(self.starts),
            "concerns": [{"id": self.town.concern, "quantity": 1}],
            "name": "Anna Beispiel",
            "email": f"{uuid.uuid4()}@example.org",
        }
        return await line.ask("POST", self.town.book, body, Idempotency_Key=str(uuid.uuid4()))


async def _come(visits: _Visits, ramp: Ramp) -> Flood:
    begin, sent = visits.flood.begin, 0
    await asyncio.sleep(max(0.0, begin - time.time()))
    async with asyncio.TaskGroup() as all_of_them:
        while (moment := time.time() - begin) < ramp.seconds:
            while sent < ramp.visitors_by(moment):
                sent += 1
                if visits.here < MOST_AT_ONCE:
                    visits.here += 1
                    all_of_them.create_task(visits.visit(sent))
                else:
                    visits.flood.left_out += 1
            await asyncio.sleep(0.01)
    return visits.flood
