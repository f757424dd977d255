"""The job process: every sweep survives, two at once send each letter once and in order, and it ends when told."""

import logging
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from flask import Flask

from booking import clock, create_app
from booking.actions.find_starts import find_starts
from booking.actions.lost_link import send_link
from booking.actions.send_letters import Sweep
from booking.extensions import db
from booking.jobs import SWEEPS, Rest, Timetable, scheduler_for
from booking.models import Heartbeat, Letter, LetterStatus
from booking.rules.appointments import Wish
from config.settings import Settings
from tests.builders import MONDAY, a_booking, a_municipality
from tests.conftest import settings_for
from tests.relays import Relay, listening
from tests.serving import end, environment_for, start

PATIENCE = 60
LETTERS = 24
BUSY = 3  # a machine that runs two test processes is this much slower
JOBS = {
    "letters",
    "expire",
    "links",
    "remind",
    "erase",
    "forget",
    "day sheets",
    "mailbox",
}  # named here: one that is lost is missed


@pytest.fixture
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


def free_starts(count: int) -> list[datetime]:
    (office,) = find_starts("musterstadt", [Wish("personalausweis")], now=clock.now()).offices
    return [datetime.fromtimestamp(start, UTC) for start in office.starts[: 2 * count : 2]]


def two_letters_each(count: int) -> None:
    """Book many appointments now, each with a verify letter and then a link letter."""
    a_municipality()
    now = clock.now()
    for place, at in enumerate(free_starts(count)):
        found = a_booking(now, email=f"p{place}@example.org", start=at)
        send_link("musterstadt", found.reference, f"p{place}@example.org", now=now)


def seconds_until_taken(relay: Relay, at: datetime) -> float:
    """Book and wait for the letter. The next one is booked when this one has left: it waits for a sweep of its own."""
    before = len(relay.taken)
    a_booking(clock.now(), email=f"p{before}@example.org", start=at)
    booked = time.monotonic()
    wait_until(lambda: len(relay.taken) > before)
    return time.monotonic() - booked


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.05)


@pytest.mark.faults
@pytest.mark.long_on("sqlite")
def test_two_job_processes_send_each_letter_once_and_in_order(
    relay: Relay, app: Flask, settings: Settings, tmp_path: Path
) -> None:
    with app.app_context():
        two_letters_each(LETTERS // 2)
    environment = environment_for(settings.database_url, port=8000, MAIL_PORT=relay.port)
    running = [
        start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=tmp_path / f"jobs{place}.log")
        for place in range(2)
    ]
    try:
        wait_until(lambda: len(relay.taken) >= LETTERS)
        time.sleep(2)  # whoever would send one twice does it now
    finally:
        ended = [end(process) for process in running]
    assert ended == [0, 0]
    assert len({message["Message-ID"] for message in relay.taken}) == len(relay.taken) == LETTERS
    order = defaultdict(list)
    for message in relay.taken:
        order[str(message["To"])].append(str(message["Subject"]).split()[0])
    assert set(map(tuple, order.values())) == {("Bitte", "Ihr")}
    with app.app_context():
        assert set(db.session.scalars(sa.select(Letter.status))) == {LetterStatus.SENT}
        assert {"letters", "expire", "remind"} <= set(db.session.scalars(sa.select(Heartbeat.job)))


@pytest.mark.faults
@pytest.mark.long_on("sqlite")
def test_a_job_process_killed_while_it_sends_loses_no_letter(
    relay: Relay, app: Flask, settings: Settings, tmp_path: Path
) -> None:
    """The claim of the killed process runs out; the letter leaves again under the same Message-ID."""
    with app.app_context():
        two_letters_each(2)
    environment = environment_for(settings.database_url, port=8000, MAIL_PORT=relay.port)
    relay.pause = 30
    first = start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=tmp_path / "first.log")
    try:
        wait_until(lambda: relay.thinking)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    relay.pause = 0
    with app.app_context():
        db.session.execute(sa.update(Letter).values(claimed_until=clock.now()))  # 90 seconds later
        db.session.commit()
    second = start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=tmp_path / "second.log")
    try:
        wait_until(lambda: len(relay.taken) >= 4)
    finally:
        end(second)
    assert len({message["Message-ID"] for message in relay.taken}) == 4


@pytest.mark.faults
@pytest.mark.long_on("sqlite")
def test_a_letter_leaves_within_two_seconds_and_a_stop_comes_at_once(
    relay: Relay, app: Flask, settings: Settings, tmp_path: Path
) -> None:
    """The quickest of three: the first one is late by all that is done once, any one by what else the machine does."""
    log = tmp_path / "jobs.log"
    environment = environment_for(settings.database_url, port=8000, MAIL_PORT=relay.port)
    running: subprocess.Popen[bytes] = start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=log)
    try:
        wait_until(lambda: "jobs are running" in log.read_text())
        with app.app_context():
            a_municipality()
            waited = [seconds_until_taken(relay, at) for at in free_starts(3)]
        assert end(running) == 0  # of itself, before its patience is over
    finally:
        end(running)
    assert min(waited) < 2 * BUSY
    assert "jobs have ended" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_every_job_runs_alone_catches_up_once_and_is_never_too_late(app: Flask) -> None:
    scheduler = scheduler_for(Timetable(app))
    jobs = scheduler.get_jobs()
    assert {job.id for job in jobs} == JOBS
    defaults = scheduler._job_defaults
    assert (defaults["coalesce"], defaults["max_instances"], defaults["misfire_grace_time"]) == (True, 1, None)
    assert str(scheduler.timezone) == "UTC"


def test_a_sweep_longer_than_its_pause_is_normal_work_and_not_logged(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = scheduler_for(Timetable(app))
    scheduler.remove_all_jobs()
    done, skipped = threading.Event(), threading.Event()
    scheduler.add_job(done.wait, "interval", seconds=0.05, next_run_time=clock.now())
    scheduler.add_listener(lambda _event: skipped.set(), EVENT_JOB_MAX_INSTANCES)
    running = threading.Thread(target=scheduler.start)
    with caplog.at_level(logging.WARNING):
        running.start()
        try:
            assert skipped.wait(PATIENCE)
        finally:
            done.set()
            scheduler.shutdown()
            running.join()
    assert caplog.records == []
    assert logging.getLogger("apscheduler.scheduler").isEnabledFor(logging.ERROR)


def test_each_sweep_beats_when_it_came_to_its_end(app: Flask) -> None:
    timetable = Timetable(app)
    for job, (action, _) in SWEEPS.items():
        timetable.run(job, action)
    timetable.letters()
    timetable.mailbox()
    with app.app_context():
        assert set(db.session.scalars(sa.select(Heartbeat.job))) == JOBS


def test_the_outbox_is_looked_at_each_second_but_beats_rarely(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    timetable, beats = Timetable(app), []
    monkeypatch.setattr("booking.jobs.beat", lambda _job, *, now: beats.append(now))
    for second in range(40):
        monkeypatch.setattr(clock, "now", lambda second=second: MONDAY + timedelta(seconds=second))
        timetable.letters()
    assert len(beats) == 3


def test_a_sweep_that_would_never_end_stops_to_say_that_it_lives(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, sent = iter(range(10_000)), []

    def more_letters_than_time(_clock: object, *, is_stopping: Callable[[], bool]) -> Sweep:
        while not is_stopping():
            sent.append("letter")
        return Sweep(len(sent), is_relay_away=False)

    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(seconds=next(seconds)))
    monkeypatch.setattr("booking.jobs.send_letters", more_letters_than_time)
    Timetable(app).letters()
    assert 10 < len(sent) < 20
    with app.app_context():
        assert list(db.session.scalars(sa.select(Heartbeat.job))) == ["letters"]


def test_a_relay_that_is_away_is_left_alone_for_a_while(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        a_municipality()
        a_booking()
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    timetable = Timetable(app)  # nobody listens on its relay's port
    timetable.letters()
    assert not timetable.rest.is_over(MONDAY)
    assert timetable.rest.is_over(MONDAY + timedelta(seconds=1))


def test_the_rest_grows_to_half_a_minute_and_ends_with_success() -> None:
    rest, lengths = Rest(), []
    for _ in range(7):
        rest.begin(MONDAY)
        lengths.append(rest.length.total_seconds())
    assert lengths == [1, 2, 4, 8, 16, 30, 30]
    rest.end()
    assert rest.is_over(MONDAY)


def test_a_database_that_is_away_is_survived(
    free_port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)  # the rest lasts a second: less than the next sweep may take
    app = create_app(settings_for(f"postgresql+psycopg://nobody@127.0.0.1:{free_port}/nowhere"))
    timetable = Timetable(app)
    with caplog.at_level(logging.WARNING):
        timetable.letters()
        timetable.run("expire", SWEEPS["expire"][0])
    assert not timetable.rest.is_over(MONDAY)
    assert 1 <= len(caplog.records) <= 4
    assert all(record.exc_info is None for record in caplog.records)


def test_a_process_that_is_stopping_begins_nothing(app: Flask) -> None:
    timetable = Timetable(app)
    timetable.stopping.set()
    timetable.letters()
    timetable.run("expire", SWEEPS["expire"][0])
    with app.app_context():
        assert not list(db.session.scalars(sa.select(Heartbeat.job)))
