"""People who book, confirm and cancel while something breaks, and what they were told."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask import Flask

from booking import create_app
from booking.extensions import db
from booking.models import Municipality, Office
from booking.rules.secrets import Keyring, token_of
from tests import databases
from tests.builders import a_clerk, a_municipality
from tests.clients import Answer, Client
from tests.conftest import settings_for
from tests.faults.whole import assert_whole
from tests.relays import Relay, listening
from tests.serving import free_port

PATIENCE = 60
OPEN = {"max_open_per_network": 10_000}
CALM = OPEN | {"proof_above": 100_000}  # nobody is asked for a proof of work


@dataclass
class Load:
    """Who hears nothing, or 503, asks again with the same key. ``url`` may be changed while it runs."""

    url: str
    starts: list[str]
    keyring: Keyring
    people: int = 4
    town: str = "musterstadt"
    pause: float = 0.02
    stop: threading.Event = field(default_factory=threading.Event)
    answered: dict[str, str] = field(default_factory=dict)  # reference → what was last answered with success
    asked: set[str] = field(default_factory=set)  # references about whose last question nothing is known
    statuses: Counter[str] = field(default_factory=Counter)
    silences: int = 0

    def run(self, number: int) -> None:
        dice = random.Random(number)
        for turn, start in enumerate(self.starts[number :: self.people]):
            if self.stop.wait(self.pause):
                return
            key = f"load-{number}-{turn}"
            booked = self._until_answered(number, lambda client, s=start, k=key: client.book(s, key=k, town=self.town))
            if booked is None or booked.status != 201:
                continue
            reference = booked.body["reference"]
            self.answered[reference] = "pending"
            for step in ("confirm", "cancel")[: dice.randrange(3)]:
                self._step(number, reference, step)

    def _step(self, number: int, reference: str, step: str) -> None:
        bearer = f"Bearer {token_of(reference, 0, self.keyring)}"
        self.asked.add(reference)
        path = f"/api/v1/appointment/{step}"
        done = self._until_answered(number, lambda client: client.ask("POST", path, {}, Authorization=bearer))
        if done is not None and done.status == 200:
            self.answered[reference] = done.body["status"]
            self.asked.discard(reference)

    def _until_answered(self, number: int, question: Callable[[Client], Answer]) -> Answer | None:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            with suppress(OSError, http.client.HTTPException), Client(self.url, number) as client:
                answer = question(client)
                self.statuses[f"{answer.status} {answer.code}".strip()] += 1
                if answer.status != 503:
                    return answer
                continue
            self.silences += 1
            time.sleep(0.05)  # nobody listens just now
        return None

    @property
    def told(self) -> dict[str, str | None]:
        """What each client knows of its appointment, for ``lost_in``."""
        return {reference: None if reference in self.asked else told for reference, told in self.answered.items()}


@contextmanager
def busy_town(url: str, *, relay_runs: bool = True, policy: Mapping[str, int] = CALM) -> Iterator[tuple[Flask, Relay]]:
    """Migrate a database, found a town with three clerks in it, and run a relay for its letters unless told not to."""
    relay = Relay()
    relay.port = free_port()
    with listening(relay) if relay_runs else nullcontext():
        app = create_app(settings_for(url, mail_port=relay.port))
        databases.migrate(app)
        databases.empty(url)
        with app.app_context():
            place = a_municipality(policy=dict(policy))
            office = db.session.scalars(sa.select(Office)).one()
            for slug in ("platz2", "platz3"):
                a_clerk(place, office, slug)
            db.session.get_one(Municipality, place.id).revision += 1
            db.session.commit()
        try:
            yield app, relay
        finally:
            databases.put_away(url)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@contextmanager
def under_load(url: str, app: Flask, **options: int) -> Iterator[Load]:
    """Let people book at a running service until the block ends."""
    with Client(url) as reader:
        starts = [start for start in reader.starts() for _clerk in range(3)]
    load = Load(url, starts, Keyring.of(app.config["SECRET_KEY"]), **options)
    people = [threading.Thread(target=load.run, args=(number,)) for number in range(load.people)]
    for person in people:
        person.start()
    try:
        yield load
    finally:
        load.stop.set()
        for person in people:
            person.join(PATIENCE)


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so; fail after a minute, saying what never came."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"never came: {what}"
        time.sleep(0.02)


def wait_for_more(load: Load, count: int) -> None:
    """Wait until so many more bookings were answered with success."""
    goal = len(load.answered) + count
    wait_for(lambda: len(load.answered) >= goal, f"{count} more bookings")


def meet(load: Load, dice: random.Random) -> None:
    """Wait for two more bookings, however slow the machine, then for a moment in the middle of the next ones."""
    wait_for_more(load, 2)
    time.sleep(dice.uniform(0, 0.05))  # the moment is what is drawn here


def assert_whole_after(
    load: Load,
    app: Flask,
    relay: Relay,
    tally: Counter[str],
    *,
    now: datetime | None = None,
    expected: Sequence[str] = (),
) -> None:
    """The check of every fault test, with what these people were told; and count for the table what was done."""
    tally["requests"] += load.statuses.total() + load.silences
    tally["bookings"] += len(load.answered)
    assert_whole(app, now=now, told=load.told, relay=relay, expected=expected)
    tally["letters"] += len(relay.taken)
    tally["findings"] += len(expected)
