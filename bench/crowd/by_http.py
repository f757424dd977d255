"""Attempts over HTTP: citizens by the API, the counter by its forms, all against gunicorn at once."""

import asyncio
import random
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from bench.crowd.ledger import UNCONFIRMED, Ledger
from bench.crowd.line import Line, Reply
from bench.crowd.stage import opened
from booking import clock
from booking.extensions import db
from booking.rules.secrets import Keyring, token_of
from tests.colleagues import Colleague, a_colleague

TOWN, OFFICES, CONCERNS = "musterstadt", ("buergerbuero", "rathaus"), ("personalausweis", "meldebescheinigung")
API = "/api/v1"
MIX = {"book": 62, "confirm": 12, "confirm late": 4, "move": 8, "cancel": 8, "staff": 4, "walk in": 2}
LATE = 75.0  # seconds: the time to confirm is a minute
WANTED_MOST = 6  # times that every second one wants: the next ones
LOOK_AGAIN = 25
READ_BACK = re.compile(rb"data-reference>([^<]+)<")


def attempt(app: Flask, url: str, home: Path, *, attempts: int, clients: range) -> Ledger:
    """Let these lines at once attempt so many bookings; return what they were told."""
    key = app.config["SECRET_KEY"]
    with opened(app, url, home, workers=2, SECRET_KEY=key) as stage:
        desks = [a_colleague(app, "desk", name=f"desk{number}") for number in range(4)]
        db.session.rollback()  # nothing may stand open for hours: PostgreSQL would end it
        return asyncio.run(_attend(stage.server.url, Keyring.of(key, ()), desks, attempts, clients))


async def _attend(url: str, keys: Keyring, desks: list[Colleague], attempts: int, clients: range) -> Ledger:
    ledger = Ledger()
    async with asyncio.TaskGroup() as all_at_once:
        for number in clients:
            line = Line.to(url, number)
            client = _Client(number, attempts // len(clients), keys, desks[number % len(desks)], line, ledger)
            all_at_once.create_task(client.run())
    return ledger


@dataclass
class _Client:
    """One line and its people."""

    number: int
    attempts: int
    keys: Keyring
    desk: Colleague
    line: Line
    ledger: Ledger
    open: list[tuple[str, datetime, float]] = field(default_factory=list)  # reference, start, when it was booked
    firm: list[tuple[str, datetime]] = field(default_factory=list)
    starts: list[tuple[str, str]] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)
        cookie: Any = self.desk.client.get_cookie("wartefrei", path="/staff")
        self.cookie = f"wartefrei={cookie.value}"

    async def run(self) -> None:
        """Attempt until so many bookings were."""
        while self.made < self.attempts:
            (what,) = self.dice.choices(list(MIX), list(MIX.values()))
            deed: Callable[[], Awaitable[None]] = getattr(self, f"_{what.replace(' ', '_')}")
            await deed()
        self.line.close()

    def _note(self, what: str, reply: Reply) -> Reply:
        self.ledger.asked[what] += 1
        if reply.status >= 400 or reply.status == 0:
            code = reply.told["code"] if "json" in reply.headers.get("content-type", "") else f"{what} {reply.status}"
            self.ledger.refused[code] += 1
        return reply

    async def _book(self) -> None:
        self.made += 1
        office, start = await self._some_start()
        body = {
            "office": office,
            "start": start,
            "concerns": [{"id": self.dice.choice(CONCERNS), "quantity": self.dice.choice((1, 1, 1, 2))}],
            "name": "Anna Beispiel",
            "email": f"{self.number}.{self.made}@example.org",
        }
        path, key = f"{API}/municipalities/{TOWN}/appointments", str(uuid.uuid4())
        reply = self._note("book", await self.line.ask("POST", path, body, Idempotency_Key=key))
        if reply.status == 201:
            self._keep("book", reply, UNCONFIRMED)
            self.open.append((reply.told["reference"], _start(reply), asyncio.get_running_loop().time()))

    async def _confirm(self) -> None:
        if self.open:
            await self._confirm_one("confirm", self.open.pop()[0])

    async def _confirm_late(self) -> None:
        if self.open and self.open[0][2] < asyncio.get_running_loop().time() - LATE:
            await self._confirm_one("confirm late", self.open.pop(0)[0])

    async def _confirm_one(self, what: str, reference: str) -> None:
        reply = self._note(what, await self._by_token("confirm", reference))
        if reply.status == 200:
            self._keep(what, reply, frozenset({"confirmed"}))
            self.firm.append((reference, _start(reply)))

    async def _move(self) -> None:
        if self.firm:
            at = self.dice.randrange(len(self.firm))
            reference, _ = self.firm[at]
            office, start = await self._some_start()
            reply = self._note("move", await self._by_token("move", reference, {"start": start, "office": office}))
            if reply.status == 200:
                self._keep("move", reply, frozenset({"confirmed"}))
                self.firm[at] = (reference, _start(reply))

    async def _cancel(self) -> None:
        if self.firm:
            reference, _ = self.firm.pop(self.dice.randrange(len(self.firm)))
            reply = self._note("cancel", await self._by_token("cancel", reference))
            if reply.status == 200:
                self._keep("cancel", reply, frozenset({"cancelled"}))

    async def _staff(self) -> None:
        self.made += 1
        office, start = await self._some_start()
        number = f"05071 {self.number:03}{self.made:06}"
        fields = {
            "town": TOWN, "concern": f"{self.dice.choice(CONCERNS)}:1", "time": f"{office}|{start}",
            "name": f"Person {self.number} {self.made}", "phone": number, "key": str(uuid.uuid4()),
        }  # fmt: skip
        reply = self._note("staff", await self._post_form("/staff/phone/book", fields))
        read_back = READ_BACK.search(reply.body)
        if reply.status == 200 and read_back:
            reference = read_back[1].decode().replace("-", "")
            self.ledger.hear("staff", reference, frozenset({"confirmed"}), datetime.fromisoformat(start))
            self.firm.append((reference, datetime.fromisoformat(start)))

    async def _walk_in(self) -> None:
        self.made += 1
        fields = {"concern": self.dice.choice(CONCERNS), "quantity": "1", "key": str(uuid.uuid4())}
        path = f"/staff/{TOWN}.{self.dice.choice(OFFICES)}/day/{clock.now():%Y-%m-%d}/walk-in"
        reply = self._note("walk in", await self._post_form(path, fields))
        if reply.status == 302:
            self.ledger.had["walk in"] += 1
            self.ledger.walk_ins += 1

    async def _by_token(self, verb: str, reference: str, body: Any = None) -> Reply:
        token = token_of(reference.replace("-", ""), 0, self.keys)
        return await self.line.ask("POST", f"{API}/appointment/{verb}", body or {}, Authorization=f"Bearer {token}")

    async def _post_form(self, path: str, fields: dict[str, str]) -> Reply:
        body = urlencode({"csrf_token": self.desk.token, **fields}).encode()
        kind = "application/x-www-form-urlencoded"
        return await self.line.ask("POST", path, body, Cookie=self.cookie, Content_Type=kind)

    async def _some_start(self) -> tuple[str, str]:
        if not self.starts or self.made % LOOK_AGAIN == 0:
            path = f"{API}/municipalities/{TOWN}/availability?concern={CONCERNS[0]}"
            reply = self._note("look", await self.line.ask("GET", path))
            self.starts = [
                (at["office"], start) for at in reply.told["offices"] for day in at["days"] for start in day["starts"]
            ] or self.starts
        return self.dice.choice(self.starts[: self.dice.choice((WANTED_MOST, len(self.starts)))])

    def _keep(self, what: str, reply: Reply, statuses: frozenset[str]) -> None:
        self.ledger.hear(what, reply.told["reference"], statuses, _start(reply))


def _start(reply: Reply) -> datetime:
    return datetime.fromisoformat(reply.told["start"])
