"""Processes killed under load: what was answered with success is there, with its cells and its letters."""

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock, create_app
from booking.actions.check_deployment import check_deployment
from booking.actions.send_letters import send_letters
from booking.extensions import db
from booking.models import Appointment, Kind, Letter, LetterStatus, Municipality, Office
from booking.rules.secrets import Keyring, token_of
from tests import databases
from tests.builders import a_clerk, a_municipality
from tests.clients import Answer, Client
from tests.conftest import settings_for
from tests.ownership import assert_owned_exactly
from tests.relays import Relay, listening
from tests.serving import Server, end, environment_for, free_port, serving

pytestmark = pytest.mark.faults

KILLS = 30
CLIENTS = 4
WORKERS = 3
PATIENCE = 60


@dataclass
class Load:
    """People who book, confirm and cancel until told to stop; who hears nothing asks again with the same key."""

    url: str
    starts: list[str]
    keyring: Keyring
    stop: threading.Event = field(default_factory=threading.Event)
    answered: dict[str, str] = field(default_factory=dict)  # reference → what was last answered with success
    asked: set[str] = field(default_factory=set)  # references about whose last question nothing is known
    statuses: Counter[str] = field(default_factory=Counter)
    silences: int = 0

    def run(self, number: int) -> None:
        dice = random.Random(number)
        for turn, start in enumerate(self.starts[number::CLIENTS]):
            if self.stop.wait(0.02):
                return
            key = f"load-{number}-{turn}"
            booked = self._until_answered(number, lambda client, s=start, k=key: client.book(s, key=k))
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
                return answer
            self.silences += 1
        return None


@pytest.fixture
def town(empty_database: Callable[[str], str]) -> Iterator[tuple[Flask, Relay]]:
    """A town with three clerks, and a relay that takes its letters."""
    url = empty_database("kills")
    with listening(Relay()) as relay:
        app = create_app(settings_for(url, mail_port=relay.port))
        databases.migrate(app)
        with app.app_context():
            place = a_municipality(policy={"max_open_per_network": 10_000, "proof_above": 100_000})
            office = db.session.scalars(sa.select(Office)).one()
            for slug in ("platz2", "platz3"):
                a_clerk(place, office, slug)
            db.session.get_one(Municipality, place.id).revision += 1
            db.session.commit()
        yield app, relay
        with app.app_context():
            db.engine.dispose()


def test_thirty_kills_lose_nothing_and_double_nothing(town: tuple[Flask, Relay], tmp_path: Path) -> None:
    app, relay = town
    environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
    with serving(environment, workers=WORKERS, log=tmp_path / "log") as server:
        load = _load_for(server, app)
        people = [threading.Thread(target=load.run, args=(number,)) for number in range(CLIENTS)]
        for person in people:
            person.start()
        try:
            _kill(server, random.Random(7))
        finally:
            load.stop.set()
            for person in people:
                person.join(PATIENCE)
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    assert load.silences > 0, "no kill hit a request: the load was too small to prove anything"
    with app.app_context():
        _check_appointments(load)
        assert_owned_exactly(clock.now())
        _check_letters(relay)
        assert not [finding for finding in check_deployment(now=clock.now()) if "never" in finding.sentence]


def _load_for(server: Server, app: Flask) -> Load:
    with Client(server.url) as reader:
        starts = [start for start in reader.starts() for _clerk in range(3)]
    return Load(server.url, starts, Keyring.of(app.config["SECRET_KEY"]))


def _kill(server: Server, dice: random.Random) -> None:
    """Kill thirty times a worker or, one time in six, the job process; go on when its place is filled again."""
    with ExitStack() as stack:
        jobs = server.jobs
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.02, 0.25))  # the moment is what is drawn here
            if dice.randrange(6) == 0 and jobs is not None:
                os.kill(jobs.pid, signal.SIGKILL)
                jobs.wait(PATIENCE)
                jobs = server.start_jobs()
                stack.callback(end, jobs)
                continue
            victims = server.workers()
            os.kill(dice.choice(victims), signal.SIGKILL)
            _wait_for_another(server, victims)


def _wait_for_another(server: Server, before: list[int]) -> None:
    give_up = time.monotonic() + PATIENCE
    while len(server.workers()) < WORKERS or server.workers() == before:
        assert time.monotonic() < give_up, "gunicorn did not replace a killed worker"
        time.sleep(0.02)


def _check_appointments(load: Load) -> None:
    rows = {row.reference: row for row in db.session.scalars(sa.select(Appointment))}
    missing = set(load.answered) - set(rows)
    assert not missing, f"answered with 201 and gone: {missing}"
    for reference, status in load.answered.items():
        assert reference in load.asked or rows[reference].status == status
    twice = [email for email, times in Counter(row.email for row in rows.values()).items() if times > 1]
    assert not twice, f"one key, two appointments: {twice}"


def _check_letters(relay: Relay) -> None:
    """Send what is left (claims of the killed have run out by then); then every event has its letter, once."""
    later = clock.now() + timedelta(minutes=2)
    send_letters(lambda: later)
    db.session.rollback()
    letters = db.session.scalars(sa.select(Letter).order_by(Letter.id)).all()
    assert {letter.status for letter in letters} <= {LetterStatus.SENT, LetterStatus.SUPERSEDED}
    arrived = Counter(str(message["Message-ID"]) for message in relay.taken)
    sent = {letter.message_id for letter in letters if letter.status == LetterStatus.SENT}
    assert sent <= set(arrived) <= {letter.message_id for letter in letters}
    kinds: dict[int, list[str]] = {}
    for letter in letters:
        kinds.setdefault(letter.appointment_id, []).append(letter.kind)
    for row in db.session.scalars(sa.select(Appointment)):
        assert kinds[row.id] == _events(row)


def _events(row: Appointment) -> list[str]:
    if row.confirmed_at is None:
        return [Kind.VERIFY]
    cancelled = [Kind.CANCELLED_BY_CITIZEN] if row.status == "cancelled" else []
    return [Kind.VERIFY, Kind.CONFIRMED, *cancelled]
