"""People who book while the primary dies: each wish has a key of its own, and is asked again until it is answered."""

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bench.crowd.ledger import UNCONFIRMED, Ledger, Told
from bench.crowd.line import Line, Reply
from booking.rules.secrets import Keyring, token_of

TOWN, OFFICE, CONCERN = "musterstadt", "buergerbuero", "personalausweis"
API = "/api/v1"
PEOPLE = 8
CONFIRMED = 0.3
AGAIN = 0.25  # seconds; shorter than Retry-After, or the seconds without bookings could not be told
CALM, BUSY = 0.5, 0.02  # seconds that somebody rests between two bookings, far from an event and near one


@dataclass
class Crowd:
    """What all of them heard. ``had`` are the bookings: (moment of asking, moment of the answer), time.time()."""

    url: str
    starts: list[str]
    keys: Keyring
    ledger: Ledger = field(default_factory=Ledger)
    had: list[tuple[float, float]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    health: Counter[tuple[str, int]] = field(default_factory=Counter)
    keyed: dict[str, set[str]] = field(default_factory=dict)  # key → references it was answered with
    without_retry_after: int = 0
    pause: float = CALM
    stop: threading.Event = field(default_factory=threading.Event)

    async def attend(self) -> None:
        """Let everybody book, one after the other, until they are stopped; an unanswered wish is pursued to its end."""
        async with asyncio.TaskGroup() as all_at_once:
            for number in range(PEOPLE):
                all_at_once.create_task(self._live(number))
            all_at_once.create_task(self._watch())

    async def _live(self, number: int) -> None:
        line = Line.to(self.url, number)
        dice, turn = random.Random(number), 0
        while not self.stop.is_set() and self.starts:
            turn += 1
            await self._wish(line, f"drill-{number}-{turn}", self.starts.pop(0), dice)
            await asyncio.sleep(self.pause)
        line.close()

    async def _watch(self) -> None:
        """Ask as supervisors and balancers do."""
        line = Line.to(self.url, PEOPLE)
        while not self.stop.is_set():
            for path in ("/healthz", "/readyz"):
                reply = await line.ask("GET", path)
                self.health[path, reply.status] += 1
            await asyncio.sleep(AGAIN)
        line.close()

    async def _wish(self, line: Line, key: str, start: str, dice: random.Random) -> None:
        body = {
            "office": OFFICE,
            "start": start,
            "concerns": [{"id": CONCERN, "quantity": 1}],
            "name": f"Person {key}",
            "email": f"{key}@example.org",
        }
        reply = await self._until_answered(line, f"/municipalities/{TOWN}/appointments", body, Idempotency_Key=key)
        if reply.status != 201:
            self.ledger.refused[str(reply.status)] += 1
            return
        reference = reply.told["reference"]
        self.keyed.setdefault(key, set()).add(reference)
        self.ledger.hear("book", reference, UNCONFIRMED, datetime.fromisoformat(start))
        if dice.random() < CONFIRMED:
            await self._confirm(line, reference, start)

    async def _confirm(self, line: Line, reference: str, start: str) -> None:
        token = token_of(reference.replace("-", ""), 0, self.keys)
        self.ledger.told[reference] = Told(
            UNCONFIRMED | {"confirmed"}, datetime.fromisoformat(start)
        )  # not answered yet
        reply = await self._until_answered(line, "/appointment/confirm", {}, Authorization=f"Bearer {token}")
        if reply.status == 200:
            self.ledger.hear("confirm", reference, frozenset({"confirmed"}), datetime.fromisoformat(start))

    async def _until_answered(self, line: Line, path: str, body: object, **headers: str) -> Reply:
        while True:
            asked_at = time.time()
            self.ledger.asked[path.rpartition("/")[2]] += 1
            reply = await line.ask("POST", f"{API}{path}", body, **headers)
            self.statuses[reply.status] += 1
            if reply.status and reply.status < 500:
                if reply.status == 201:
                    self.had.append((asked_at, time.time()))
                return reply
            self.without_retry_after += reply.status == 503 and "retry-after" not in reply.headers
            await asyncio.sleep(AGAIN)

    def back_after(self, moment: float) -> float | None:
        """Return how many seconds after a moment somebody got a booking who asked after it; None if nobody yet."""
        ends = [answered for asked, answered in list(self.had) if asked >= moment]
        return min(ends) - moment if ends else None

    def longest_gap(self, since: float) -> float:
        """Return the longest time without a booking since a moment."""
        ends = sorted(answered for _, answered in list(self.had) if answered >= since)
        return max((after - before for before, after in zip([since, *ends], ends, strict=False)), default=0.0)


@contextlib.contextmanager
def booking(crowd: Crowd) -> Iterator[Crowd]:
    """Let them book in a thread of their own until the block ends."""
    thread = threading.Thread(target=asyncio.run, args=(crowd.attend(),), name="crowd")
    thread.start()
    try:
        yield crowd
    finally:
        crowd.stop.set()
        thread.join(120)
