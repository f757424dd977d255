"""What a person does who wants one of too few times: look, think, try, look again, confirm by the letter's link."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from bench.crowd.arrivals import CONTACT, LETTER, PICK
from bench.crowd.figures import Figures
from bench.crowd.line import Line, Reply
from bench.crowd.proving import SOLVING, Proofs
from bench.crowd.stage import Mailbox

RELOAD = 5.0  # seconds between two looks of somebody who waits for the release
TRIES, LOOKS = 3, 4
PATIENT = 5  # times that somebody who is told to come back does
NEVER_CONFIRM = 0.15
EARLY = 360.0  # whoever comes later confirms for sure: else one of the last places might come back to nobody


@dataclass(frozen=True)
class Town:
    """Where the crowd books: a municipality's API, one office and one concern."""

    slug: str
    office: str
    concern: str

    @property
    def free(self) -> str:
        """The path of the free times."""
        return f"/api/v1/municipalities/{self.slug}/availability?concern={self.concern}"

    @property
    def book(self) -> str:
        """The path to which bookings are sent."""
        return f"/api/v1/municipalities/{self.slug}/appointments"


@dataclass
class Crowd:
    """All people of one run; ``release`` is a moment of time.time()."""

    url: str
    town: Town
    release: float
    mailbox: Mailbox
    proofs: Proofs
    pace: float = 1.0  # 0.5: everybody thinks half as long
    never_confirm: float = NEVER_CONFIRM
    gather: float = 30.0  # seconds before the release that the first ones come and reload
    dice: random.Random = field(default_factory=lambda: random.Random(20210406))
    figures: Figures = field(default_factory=Figures)
    booked: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)

    async def attend(self, number: int, begin: float) -> None:
        """Live one person's try; ``begin`` counts in seconds from the release."""
        await self._until(self.release + min(begin, 0) - (self.gather if begin < 60 else 0))
        person = Person(self, number, Line.to(self.url, number), is_early=begin < EARLY)
        try:
            if begin < 60:
                await person.wait_for_release(self.release + begin)
            else:
                await self._until(self.release + begin)
                await person.prepare()
            await person.try_to_book()
        finally:
            person.line.close()

    async def think(self, seconds: float) -> None:
        """Let somebody think."""
        await asyncio.sleep(seconds * self.pace)

    async def _until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - time.time()))


@dataclass
class Person:
    """Somebody at home with a browser."""

    crowd: Crowd
    number: int
    line: Line
    etag: str = ""
    is_early: bool = True
    proof: str = ""  # kept while it has booked nothing
    starts: list[str] = field(default_factory=list)

    async def wait_for_release(self, act_at: float) -> None:
        """Reload the free times every few seconds; the form has long been filled in."""
        await asyncio.sleep(self.crowd.dice.uniform(0, RELOAD))
        while time.time() < act_at:
            await self.look()
            await asyncio.sleep(min(RELOAD, max(0.0, act_at - time.time())))

    async def prepare(self) -> None:
        """See when the next time is free, then type name and address."""
        self.note("next free time", await self.line.ask("GET", f"{self.crowd.town.free}&view=next"))
        await self.crowd.think(CONTACT.draw(self.crowd.dice))

    async def try_to_book(self) -> None:
        """Try up to three times, then look a few times more whether something came back."""
        for look in range(1 + LOOKS):
            if look:
                await self.crowd.think(self.crowd.dice.uniform(10, 30))
            await self.look()
            for _ in range(TRIES):
                if not self.starts:
                    break
                await self.crowd.think(PICK.draw(self.crowd.dice))
                if await self.book(self.crowd.dice.choice(self.starts)):
                    return

    async def look(self) -> None:
        """Ask for the free times, conditionally as browsers do."""
        headers = {"If_None_Match": self.etag} if self.etag else {}
        reply = self.note("free times", await self.line.ask("GET", self.crowd.town.free, **headers))
        if reply.status == 200:
            self.etag = reply.headers.get("etag", "")
            self.starts = [at for office in reply.told["offices"] for day in office["days"] for at in day["starts"]]
        elif reply.status == 429:
            await asyncio.sleep(float(reply.headers.get("retry-after", "1")))

    async def book(self, start: str) -> bool:
        """Ask for a start; True if it was had (whether or not it is confirmed then)."""
        reply = await self._ask_for(start)
        if reply.status == 428:
            await self.crowd.think(SOLVING.draw(self.crowd.dice))
            self.proof = self.crowd.proofs.take()
            reply = await self._ask_for(start)
        if reply.status == 201:
            self.crowd.booked.append(reply.told["reference"])
            await self._confirm(f"person{self.number}@example.org")
            return True
        self.starts = reply.told.get("alternatives", []) if reply.status == 409 else self.starts
        return False

    async def _ask_for(self, start: str) -> Reply:
        body = {
            "office": self.crowd.town.office,
            "start": start,
            "concerns": [{"id": self.crowd.town.concern, "quantity": 1}],
            "name": f"Person {self.number}",
            "email": f"person{self.number}@example.org",
        } | ({"proof": self.proof} if self.proof else {})
        key = f"rush-{self.number}-{start}"
        return await self._patiently("booking", "POST", self.crowd.town.book, body, Idempotency_Key=key)

    async def _patiently(self, kind: str, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Ask, and come back when told to."""
        for _ in range(PATIENT):
            reply = self.note(kind, await self.line.ask(method, path, body, **headers))
            if reply.status != 429:
                break
            await asyncio.sleep(float(reply.headers.get("retry-after", "1")) * self.crowd.dice.uniform(1, 1.5))
        return reply

    async def _confirm(self, email: str) -> None:
        token = await self.crowd.mailbox.token(email)
        if token is None or (self.is_early and self.crowd.dice.random() < self.crowd.never_confirm):
            return
        await self.crowd.think(LETTER.draw(self.crowd.dice))
        path = "/api/v1/appointment/confirm"
        reply = await self._patiently("confirmation", "POST", path, Authorization=f"Bearer {token}")
        if reply.status == 200:
            self.crowd.confirmed.append(reply.told["reference"])

    def note(self, kind: str, reply: Reply) -> Reply:
        """Count an answer."""
        return self.crowd.figures.note(kind, reply)
