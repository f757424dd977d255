"""A database that is stopped, crashes, cuts the line or is locked: 503 with Retry-After, and back by itself."""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.extensions import db
from tests import databases
from tests.applications import applications
from tests.builders import a_municipality
from tests.clients import Answer, Client
from tests.conftest import settings_for
from tests.faults.cluster import Cluster, own_cluster
from tests.faults.load import wait_for
from tests.faults.whole import assert_whole
from tests.relays import Relay, listening
from tests.serving import Server, environment_for, free_port, serving

pytestmark = pytest.mark.faults

FREE = "/api/v1/municipalities/musterstadt/availability?concern=personalausweis"
CUT_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
)
CUT_WAITING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(Path(tempfile.gettempdir()) / f"wf-away-{os.getpid()}") as running:
        yield running


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[Flask]:
    """A town in the cluster, as somebody sees it who is no part of the service."""
    with applications() as make:
        app = make(settings_for(cluster.url))
        databases.migrate(app)
        with app.app_context():
            a_municipality()
            db.session.remove()
        yield app


@pytest.fixture(scope="module")
def server(town: Flask, cluster: Cluster, relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = environment_for(cluster.url, port=free_port(), MAIL_PORT=relay.port)
    with serving(environment, workers=2, jobs=True, log=tmp_path_factory.mktemp("away") / "log") as running:
        yield running


@pytest.fixture
def starts(server: Server) -> Iterator[str]:
    with Client(server.url) as client:
        return iter(client.starts())


def bookings_among(answers: Iterable[Answer]) -> dict[str, str]:
    """Return what these answers promise: reference → status."""
    return {answer.body["reference"]: "pending" for answer in answers if answer.status == 201}


def until(question: Callable[[], Answer], status: int, patience: float = 20) -> Answer:
    """Ask again until the answer has this status; every answer meanwhile must be 503 with Retry-After."""
    give_up = time.monotonic() + patience
    while (answer := question()).status != status:
        assert answer.status == 503, answer
        assert time.monotonic() < give_up, f"no {status} after {patience} s"
        time.sleep(0.05)
    return answer


def assert_unavailable(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_stopped_database_is_told_and_forgotten_when_it_is_back(
    server: Server, cluster: Cluster, town: Flask, relay: Relay, starts: Iterator[str], mode: str
) -> None:
    with Client(server.url) as client:
        kept = client.book(next(starts), key=f"before-{mode}")
        assert kept.status == 201
        cluster.stop(mode)
        for _ in range(6):  # both workers, those with an old connection and those without
            assert_unavailable(client.ask("GET", FREE))
            assert_unavailable(client.book(next(starts), key=f"during-{mode}"))
        assert client.ask("GET", "/healthz").status == 200
        assert client.ask("GET", "/readyz").status == 503
        assert client.ask("GET", "/musterstadt/").status == 503
        cluster.start()
        until(lambda: client.ask("GET", FREE), 200)
        after = client.book(next(starts), key=f"after-{mode}")
        assert after.status == 201
        assert client.ask("GET", "/readyz").status == 200
        again = client.book(kept.body["start"], key=f"before-{mode}")
        assert again.body["reference"] == kept.body["reference"]
    assert "Traceback" not in server.log.read_text()
    assert_whole(town, told=bookings_among([kept, after]), relay=relay)


def test_cut_connections_are_replaced_without_anybody_noticing(
    server: Server, cluster: Cluster, town: Flask, relay: Relay, starts: Iterator[str]
) -> None:
    booked = []
    with Client(server.url) as client:
        for number in range(4):
            assert client.ask("GET", FREE).status == 200
            cluster.ask(CUT_OTHERS)
            booked.append(client.book(next(starts), key=f"cut-{number}"))
            assert booked[-1].status == 201
            cluster.ask(CUT_OTHERS)
            assert client.ask("GET", FREE).status == 200
    assert_whole(town, told=bookings_among(booked), relay=relay)


def test_a_connection_cut_in_the_middle_of_a_booking_books_once(
    server: Server, cluster: Cluster, town: Flask, relay: Relay, starts: Iterator[str]
) -> None:
    import psycopg

    start, answers = next(starts), []

    def ask() -> None:
        with Client(server.url, 7) as client:
            answers.append(client.book(start, key="middle"))

    with psycopg.connect(host=str(cluster.home), user="wartefrei", dbname="postgres") as other:
        other.execute("SELECT id FROM office FOR UPDATE")
        asking = threading.Thread(target=ask)
        asking.start()
        give_up = time.monotonic() + 20
        while not cluster.ask(CUT_WAITING):
            assert time.monotonic() < give_up
            time.sleep(0.02)
        other.rollback()
    asking.join(30)
    assert [answer.status for answer in answers] == [201]
    assert cluster.ask("SELECT count(*) FROM appointment WHERE email = 'middle@example.org'") == [(1,)]
    assert_whole(town, told=bookings_among(answers), relay=relay)


def test_a_database_that_crashes_again_and_again_keeps_what_was_answered(
    server: Server, cluster: Cluster, town: Flask, relay: Relay, starts: Iterator[str]
) -> None:
    stop, booked, wrong = threading.Event(), [], []

    def go_on(number: int, mine: list[str]) -> None:
        with Client(server.url, number) as client:
            for turn, start in enumerate(mine):
                while not stop.wait(0.02):  # again and again with the same key: however long it takes, starts are left
                    answer = client.book(start, key=f"crash-{number}-{turn}")
                    if answer.status == 201:
                        booked.append(answer)
                        break
                    wrong.append(answer)

    def wait_for_more() -> None:
        goal = len(booked) + 3
        wait_for(lambda: len(booked) >= goal, "three more bookings")

    rest = list(starts)
    people = [threading.Thread(target=go_on, args=(number, rest[number::3])) for number in range(3)]
    for person in people:
        person.start()
    for _ in range(3):
        wait_for_more()
        cluster.stop("immediate")
        cluster.start()
    wait_for_more()
    stop.set()
    for person in people:
        person.join(30)
    assert {answer.status for answer in wrong} <= {503}
    assert_whole(town, told=bookings_among(booked), relay=relay)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_locked_file_is_told_to_who_books_and_not_to_who_reads(
    engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(database_url=f"{engine_url}?timeout=0.1")
    with app.app_context():
        a_municipality()
    client = app.test_client()
    free = client.get(FREE)
    start = free.json["offices"][0]["days"][1]["starts"][0]
    body = {"office": "buergerbuero", "start": start, "concerns": [{"id": "personalausweis", "quantity": 1}]}
    body |= {"name": "Anna Beispiel", "email": "anna@example.org"}
    other = sqlite3.connect(str(sa.engine.make_url(engine_url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    path = "/api/v1/municipalities/musterstadt/appointments"
    refused = client.post(path, json=body, headers={"Idempotency-Key": "one"})
    assert (refused.status_code, refused.json["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get(FREE).status_code == 200
    other.execute("ROLLBACK")
    other.close()
    booked = client.post(path, json=body, headers={"Idempotency-Key": "one"})
    assert booked.status_code == 201
    assert_whole(app, told={booked.json["reference"]: "pending"})
