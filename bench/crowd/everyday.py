"""An everyday mix of requests at a steady rate, each from an address of its own (load-profile, section 4)."""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field

from bench.crowd.figures import Figures
from bench.crowd.line import Line
from bench.crowd.people import Town

# In parts of a hundred. The profile's "update form" and "clerk desk" are pages: the municipality's front page here.
MIX = {"catalogue": 22, "free times": 48, "booking": 14, "page": 16}
FIRST_NUMBER, APART = 1_000_000, 10_000  # addresses that no crowd has


@dataclass
class Everyday:
    """Requests to several towns in turn, in exponential pauses: nobody waits for anybody's answer."""

    url: str
    towns: list[Town]
    rate: float  # a second
    figures: Figures = field(default_factory=Figures)
    seed: int = 7

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    async def live(self, *, until: float) -> None:
        """Ask until a moment of time.time(), then wait for the last answers."""
        number = FIRST_NUMBER + self.seed * APART
        async with asyncio.TaskGroup() as asking:
            while time.time() < until:
                number += 1
                asking.create_task(self._ask(number, self.dice.choice(self.towns)))
                await asyncio.sleep(self.dice.expovariate(self.rate))

    async def _ask(self, number: int, town: Town) -> None:
        line = Line.to(self.url, number)
        (kind,) = self.dice.choices(list(MIX), list(MIX.values()))
        paths = {
            "catalogue": f"/api/v1/municipalities/{town.slug}/concerns",
            "free times": town.free,
            "page": f"/{town.slug}/",
        }
        if kind == "booking":
            await self._book(line, number, town)
        else:
            self.figures.note(kind, await line.ask("GET", paths[kind]))
        line.close()

    async def _book(self, line: Line, number: int, town: Town) -> None:
        found = self.figures.note("free times", await line.ask("GET", town.free))
        if found.status != 200:
            return
        starts = [at for office in found.told["offices"] for day in office["days"] for at in day["starts"]]
        body = {
            "office": town.office,
            "start": self.dice.choice(starts),
            "concerns": [{"id": town.concern, "quantity": 1}],
            "name": "Anna Beispiel",
            "email": f"everyday{number}@example.org",
        }
        self.figures.note("booking", await line.ask("POST", town.book, body, Idempotency_Key=str(uuid.uuid4())))


def everyday_for(seconds: float, url: str, towns: list[Town], rate: float, seed: int) -> Figures:
    """Live for so long and return what was answered: in a process of its own, for a crowd's delays its own work."""
    everyday = Everyday(url, towns, rate, seed=seed)
    asyncio.run(everyday.live(until=time.time() + seconds))
    return everyday.figures
