"""What Prometheus reads: told only to who knows the token, of all workers, and nothing about anybody."""

import contextlib
import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.ctx import AppContext
from prometheus_client.parser import text_string_to_metric_families

from booking import clock, create_app, metrics
from booking.actions import observe
from booking.actions.beat import beat
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.move import move
from booking.actions.transaction import writes
from booking.errors import RateLimited, StartTaken
from booking.extensions import db
from booking.jobs import expose
from booking.metrics import CHANNELS, Answer, Guard, Outcome, Returned, Sending
from booking.models import Heartbeat, Letter
from config import sharing
from tests import databases
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_order
from tests.clients import at_once
from tests.conftest import settings_for
from tests.counter import a_counter
from tests.serving import DIRECTLY, environment_for, serving

TOKEN = "what only Prometheus may know of it"
WHO = {"Authorization": f"Bearer {TOKEN}"}


def figure(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"wartefrei_{name}", labels) or 0.0


@contextlib.contextmanager
def rising(name: str, by: float = 1, **labels: str) -> Iterator[None]:
    before = figure(name, **labels)
    yield
    assert figure(name, **labels) - before == by, (name, labels)


def read(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_without_a_token_there_is_no_such_page(app: Flask) -> None:
    assert app.test_client().get("/metrics").status_code == 404
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


@pytest.mark.parametrize(
    "given", ["", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ü", f"bearer {TOKEN}"]
)
def test_whoever_does_not_know_the_token_is_told_nothing(with_settings: Callable[..., Flask], given: str) -> None:
    answer = with_settings(metrics_token=TOKEN).test_client().get("/metrics", headers={"Authorization": given})
    assert (answer.status_code, answer.data) == (401, b"")


def test_who_knows_it_reads_what_was_counted_and_what_waits(with_settings: Callable[..., Flask]) -> None:
    app = with_settings(metrics_token=TOKEN)
    now = clock.now()
    with app.app_context():
        a_municipality()
        a_booking()
        db.session.execute(sa.update(Letter).values(created_at=now - timedelta(minutes=20)))
        db.session.add(Heartbeat(job="letters", at=now - timedelta(seconds=30)))
        db.session.commit()
    client = app.test_client()
    answer = client.get("/metrics", headers=WHO)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    told = read(answer.text)
    waiting = {sample.labels["state"]: sample.value for sample in told["wartefrei_letters_kept"].samples}
    assert waiting == {"waiting": 1, "held": 0, "failed": 0}
    assert 1200 <= told["wartefrei_letters_oldest_seconds"].samples[0].value < 1300
    (beat,) = told["wartefrei_job_heartbeat_age_seconds"].samples
    assert beat.labels == {"task": "letters"}
    assert 30 <= beat.value < 120
    assert told["wartefrei_worker_memory_bytes"].samples[0].value > 10_000_000
    assert told["wartefrei_pool_connections_most"].samples[0].value >= 5


@pytest.mark.parametrize(
    ("at", "ahead", "age"),
    [
        (MONDAY - timedelta(hours=1), -3600.0, 0),  # its clock is behind: nobody is woken for it
        (MONDAY + timedelta(minutes=30), 3600.0, 1800),  # dead for half an hour, though it speaks from the future
        (MONDAY - timedelta(minutes=7), 0.0, 420),
    ],
)
def test_a_job_is_as_old_as_by_the_clock_that_all_share(
    context: AppContext, at: datetime, ahead: float, age: float
) -> None:
    db.session.add(Heartbeat(job="letters", at=at, ahead=ahead))
    db.session.commit()
    assert observe.observe(now=MONDAY).beats == {"letters": age}


def test_while_the_database_is_away_the_processes_tell_theirs() -> None:
    app = create_app(settings_for("sqlite:////dev/null/none", metrics_token=TOKEN))
    answer = app.test_client().get("/metrics", headers=WHO)
    with app.app_context():
        db.engine.dispose()
    assert answer.status_code == 200
    told = read(answer.text)
    assert told["wartefrei_worker_memory_bytes"].samples[0].value > 10_000_000
    assert "wartefrei_letters_kept" not in told


def test_the_tables_are_read_once_in_a_few_seconds_by_two_queries(context: AppContext) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        for second in range(5):
            observe.observe(now=MONDAY + timedelta(seconds=second))
        assert len(asked) == 2
        observe.observe(now=MONDAY + timedelta(seconds=5))
        assert len(asked) == 4
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_held_letters_are_no_waiting_ones(context: AppContext) -> None:
    a_municipality()
    a_booking()
    db.session.execute(sa.update(Letter).values(held_at=MONDAY))
    db.session.commit()
    seen = observe.observe(now=MONDAY + timedelta(hours=1))
    assert (seen.waiting, seen.held, seen.oldest) == (0, 1, 0)


def test_what_becomes_of_a_booking_is_counted_by_its_channel(context: AppContext) -> None:
    a_municipality()
    with rising("bookings_total", outcome=Outcome.BOOKED, channel="online"):
        booked = a_booking()
    with rising("bookings_total", outcome=Outcome.CONFIRMED, channel="online"):
        confirm(booked.token, now=MONDAY)
        confirm(booked.token, now=MONDAY)  # what is confirmed stays so, and counts once
    with rising("bookings_total", outcome=Outcome.MOVED, channel="online"):
        move(booked.token, NINE + timedelta(hours=1), now=MONDAY)
    with rising("bookings_total", outcome=Outcome.UNDONE, channel="online"):
        move(booked.token, NINE, now=MONDAY)
    with rising("bookings_total", outcome=Outcome.CANCELLED_BY_CITIZEN, channel="online"):
        cancel(booked.token, now=MONDAY)
    late = a_booking(channel="api", start=NINE + timedelta(hours=2))
    assert late.confirm_by is not None
    with rising("bookings_total", outcome=Outcome.EXPIRED, channel="api"):
        expire_pendings(now=late.confirm_by)


def test_what_staff_book_and_cancel_is_counted_too(context: AppContext) -> None:
    by = a_counter()
    with (
        rising("bookings_total", outcome=Outcome.BOOKED, channel="phone"),
        rising("bookings_total", outcome=Outcome.CONFIRMED, channel="phone"),
    ):
        found = book_by_staff(an_order(channel="phone"), by=by, insisting=Insisting(), now=MONDAY)
    with rising("bookings_total", outcome=Outcome.CANCELLED_BY_OFFICE, channel="phone"):
        cancel_by_office(found.id, now=MONDAY)


def test_a_refusal_is_counted_by_action_and_code(context: AppContext) -> None:
    a_municipality()
    a_booking()
    with rising("refusals_total", action="book", code="start-taken"), pytest.raises(StartTaken):
        a_booking(email="ben@example.org")
    assert figure("bookings_total", outcome=Outcome.BOOKED, channel="desk") == 0


def test_what_was_rolled_back_is_not_counted(context: AppContext) -> None:
    @writes
    def fail_late() -> None:
        from booking.actions.tally import note

        note(Outcome.BOOKED, "api")
        raise RateLimited(1)

    with rising("bookings_total", by=0, outcome=Outcome.BOOKED, channel="api"):
        with pytest.raises(RateLimited):
            fail_late()
        beat("letters", now=MONDAY)  # the same session's next transaction


def test_free_times_are_timed_by_how_they_were_found(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    client = app.test_client()
    path = "/api/v1/municipalities/musterstadt/availability?concern=personalausweis"
    with rising("availability_seconds_count", answer=Answer.COMPUTED):
        etag = client.get(path).headers["ETag"]
    with rising("availability_seconds_count", answer=Answer.KEPT):
        client.get(path)
    with rising("availability_seconds_count", answer=Answer.UNCHANGED):
        client.get(path, headers={"If-None-Match": etag})


def test_no_label_can_be_a_town_or_a_person(app: Flask) -> None:
    """Every label comes from a list that the code knows: the number of series is bounded, whoever asks for what."""
    with app.app_context():
        a_municipality()
    client = app.test_client()
    for path in ("/musterstadt/", "/anna@example.org/", "/t/SECRET", "/staff/?day=2026-11-23", "/a/b/c"):
        client.get(path)
    known = {
        "outcome": {*Outcome, *Sending},
        "channel": set(CHANNELS),
        "answer": set(Answer),
        "guard": set(Guard),
        "message": set(Returned),
        "route": {rule.rule for rule in app.url_map.iter_rules()} | {"-"},
        "status": {"1xx", "2xx", "3xx", "4xx", "5xx"},
    }
    for family in metrics.REGISTRY.collect():
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label in known:
                    assert value in known[label], (sample.name, label)
                else:
                    assert label in {"le", "action", "code"}, (sample.name, label)  # of our modules and refusals
    assert "musterstadt" not in metrics.exposition().decode()


def test_the_job_process_tells_its_figures_on_a_port_of_its_own(
    free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    expose(None)
    expose(free_port)
    with DIRECTLY.open(f"http://127.0.0.1:{free_port}/metrics") as answer:
        assert 'wartefrei_letters_total{outcome="sent"}' in answer.read().decode()
    expose(free_port)  # a second job process on this machine
    assert f"METRICS_PORT {free_port} is taken" in caplog.text


def test_the_figures_are_those_of_all_workers_and_outlive_one_that_dies(free_port: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/measured.sqlite3"
    databases.migrate(create_app(settings_for(url)))
    shared = tmp_path / "shared"
    shared.mkdir()
    left = shared / f"{sharing.PREFIX}4194304-left"  # of a process that was killed: no pid is so high
    left.mkdir()
    loading = {"EMBEDDING_ORIGINS": "https://www.example.de"}  # to be checked, it loads some of the application
    environment = environment_for(url, port=free_port, METRICS_TOKEN=TOKEN, LOG_FORMAT="json", TMPDIR=shared, **loading)
    log = tmp_path / "log"
    with serving(environment, workers=2, jobs=False, log=log) as server:
        assert [path.name.split("-")[2] for path in shared.glob(f"{sharing.PREFIX}*")] == [str(server.web.pid)]
        at_once(server.url, [lambda client: client.ask("GET", "/musterstadt/")] * 40)
        before = server.workers()
        assert counted(server.url) == 40
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(server.workers()) == 2 and before[0] not in server.workers())
        assert counted(server.url) == 40
        wait_until(lambda: not list(shared.glob(f"*/gauge_live*_{before[0]}.db")))
    assert list(shared.glob(f"{sharing.PREFIX}*")) == []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"gunicorn.error", "booking.access"} <= {line["logger"] for line in lines}


def counted(url: str) -> float:
    """Return how often the pages of towns were answered, whoever of the workers did it."""
    line = http.client.HTTPConnection(url.removeprefix("http://"))
    try:
        line.request("GET", "/metrics", headers=WHO)
        told = read(line.getresponse().read().decode())
    finally:
        line.close()
    return sum(
        sample.value
        for sample in told["wartefrei_request_seconds"].samples
        if sample.name.endswith("_count") and "municipality" in sample.labels["route"]
    )


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)
