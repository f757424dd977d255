"""A reload (HUP) and a change of the program (USR2, TERM) while people use kept connections: not one failed request."""

import http.client
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask

from tests.clients import Client
from tests.faults.load import PATIENCE, assert_whole_after, busy_town, under_load, wait_for
from tests.relays import Relay
from tests.serving import Server, environment_for, free_port, serving

pytestmark = pytest.mark.faults

WORKERS = 2


@dataclass
class Reader:
    """Somebody like a proxy: keeps one connection and asks again and again, obeying ``Connection: close``."""

    url: str
    number: int
    pause: float
    stop: threading.Event = field(default_factory=threading.Event)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    connections: int = 0

    def run(self) -> None:
        while not self.stop.is_set():
            self.connections += 1
            with Client(self.url, self.number) as client:
                self._ask_until_closed(client)

    def _ask_until_closed(self, client: Client) -> None:
        while not self.stop.wait(self.pause):
            try:
                answer = client.ask("GET", "/healthz")
            except (OSError, http.client.HTTPException) as failure:
                self.failures.append(repr(failure))
                return
            self.statuses[answer.status] += 1
            if answer.headers.get("Connection", "").lower() == "close":
                return


@pytest.fixture
def town(empty_database: Callable[[str], str]) -> Iterator[tuple[Flask, Relay]]:
    with busy_town(empty_database("reload")) as made:
        yield made


def hang_up(server: Server) -> int:
    before = server.workers()
    os.kill(server.web.pid, signal.SIGHUP)
    wait_for(lambda: not set(before) & set(server.workers()) and len(server.workers()) >= WORKERS, "new workers")
    return server.web.pid


def change_the_program(server: Server, master: int) -> int:
    """USR2 starts the new gunicorn beside the old one, on the same socket; TERM ends the old one gracefully."""
    os.kill(master, signal.SIGUSR2)
    wait_for(lambda: _grown_up(master), "the new gunicorn and its workers")
    new = _grown_up(master)
    assert new is not None
    os.kill(master, signal.SIGTERM)
    if master == server.web.pid:
        server.web.wait(PATIENCE)
    return new


def _grown_up(master: int) -> int | None:
    """Return the child that is a gunicorn with workers of its own."""
    for child in _children(master):
        if len(_children(child)) >= WORKERS:
            return child
    return None


def _children(pid: int) -> list[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in file.read_text().split()] if file.exists() else []


@pytest.mark.long_on("postgresql")
@pytest.mark.parametrize("way", ["HUP", pytest.param("USR2", marks=pytest.mark.long)])
def test_a_reload_fails_no_request(town: tuple[Flask, Relay], tmp_path: Path, tally: Counter[str], way: str) -> None:
    app, relay = town
    environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
    with serving(environment, workers=WORKERS, log=tmp_path / "log") as server:
        readers = [Reader(server.url, 100 + number, pause) for number, pause in enumerate((0.01, 0.1, 0.6))]
        threads = [threading.Thread(target=reader.run) for reader in readers]
        master = server.web.pid
        with under_load(server.url, app, people=2) as load:
            for thread in threads:
                thread.start()
            wait_for(lambda: all(reader.statuses for reader in readers), "everybody's first answer")
            try:
                master = hang_up(server) if way == "HUP" else change_the_program(server, master)
                tally["kills"] += 1
            finally:
                for reader in readers:
                    reader.stop.set()
                for thread in threads:
                    thread.join(PATIENCE)
    assert [reader.failures for reader in readers] == [[], [], []]
    assert all(set(reader.statuses) == {200} for reader in readers)
    assert load.silences == 0
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    tally["requests"] += sum(reader.statuses.total() for reader in readers)
    assert_whole_after(load, app, relay, tally)
