"""Processes whose clocks are an hour apart, and both nights on which the wall clock jumps, while people book."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.actions.outbox import claim
from booking.extensions import db
from booking.models import Letter
from tests import postgres
from tests.builders import MONDAY, a_booking, a_municipality
from tests.clients import Client
from tests.faults import faketime
from tests.faults.cluster import own_cluster
from tests.faults.load import assert_whole_after, busy_town, under_load, wait_for
from tests.faults.whole import assert_whole
from tests.relays import Relay
from tests.serving import end, environment_for, free_port, serving, start

pytestmark = pytest.mark.faults

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
WRONG = {"web": ["+1h", "-1h"], "jobs": ["+1h", "-1h"]}
APART = [(process, shift) for process, shifts in WRONG.items() for shift in shifts]
# libfaketime tells a signal's handler the true time. PostgreSQL asks there whether a limit is over: an hour behind, all
# are, and people read 503 after milliseconds. Whether limits hold is tried elsewhere (test_limits.py).
UNLIMITED = "&options=-c%20lock_timeout%3D0"
NIGHTS = ["2026-10-25 00:59:50", "2027-03-28 00:59:50"]  # in UTC: ten seconds before the wall clock jumps in Berlin


@pytest.fixture
def town(empty_database: Callable[[str], str]) -> Iterator[tuple[Flask, Relay]]:
    with busy_town(empty_database("clocks")) as made:
        yield made


@pytest.mark.usefixtures("context")
def test_a_letter_that_is_due_at_once_does_not_wait_for_a_clock_that_is_behind(app: Flask) -> None:
    a_municipality()
    a_booking(now=MONDAY)
    assert claim(now=MONDAY - HOUR) is not None
    assert_whole(app, now=MONDAY)


@pytest.mark.usefixtures("context")
def test_a_letter_that_was_put_off_waits_by_the_clock_of_who_put_it_off(app: Flask) -> None:
    a_municipality()
    a_booking(now=MONDAY)
    behind = MONDAY - HOUR
    put_off = {"attempts": 1, "next_at": behind + timedelta(minutes=5)}
    db.session.execute(sa.update(Letter).values(put_off))
    db.session.commit()
    assert claim(now=behind + timedelta(minutes=4)) is None
    assert claim(now=behind + timedelta(minutes=5)) is not None
    assert_whole(app, now=MONDAY)


@pytest.mark.long
@pytest.mark.parametrize(("process", "shift"), APART)
def test_an_hour_apart_people_book_and_letters_leave(
    town: tuple[Flask, Relay], tmp_path: Path, tally: Counter[str], process: str, shift: str
) -> None:
    app, relay = town
    true = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
    wrong = true | faketime.off_by(shift)
    web, jobs = (wrong, true) if process == "web" else (true, wrong)
    with serving(web, jobs=False, log=tmp_path / "log") as server, ExitStack() as stack:
        job = start("-m", "flask", "--app", "wsgi", "jobs", environment=jobs, log=tmp_path / "log")
        stack.callback(end, job)
        with under_load(server.url, app) as load:
            wait_for(lambda: len(relay.taken) >= 10, "ten letters")
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    assert_whole_after(load, app, relay, tally)


@pytest.mark.long
@pytest.mark.parametrize("shift", ["+1h", "-1h"])
def test_a_database_an_hour_off_is_told_and_nothing_else_comes_of_it(
    tmp_path: Path, tally: Counter[str], shift: str
) -> None:
    home = Path(tempfile.gettempdir()) / f"wf-clock-{os.getpid()}"
    with (
        own_cluster(home, faketime.off_by(shift)) as cluster,
        busy_town(postgres.make_database(cluster.home, "clock") + UNLIMITED) as (app, relay),
    ):
        [(theirs,)] = cluster.ask("SELECT clock_timestamp()")
        assert isinstance(theirs, datetime)
        assert abs(abs(theirs - clock.now()) - HOUR) < timedelta(minutes=1)
        environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
        with serving(environment, log=tmp_path / "log") as server:
            with under_load(server.url, app) as load:
                wait_for(lambda: len(relay.taken) >= 10, "ten letters")
            with Client(server.url) as client:
                assert "clocks-apart" in client.ask("GET", "/readyz").body["warnings"]
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
        assert_whole_after(load, app, relay, tally, expected=("clocks-apart",))


@pytest.mark.long
@pytest.mark.parametrize("night", NIGHTS)
def test_the_service_runs_through_the_night_on_which_the_wall_clock_jumps(
    empty_database: Callable[[str], str], tmp_path: Path, tally: Counter[str], night: str
) -> None:
    """Its clock goes on from ten seconds before; times on both sides are offered, booked and confirmed."""
    with busy_town(empty_database("night")) as (app, relay):
        environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
        with serving(environment | faketime.beginning(night), log=tmp_path / "log") as server:
            with under_load(server.url, app) as load:
                wait_for(lambda: _clock_of(server.url) > night[:11] + "01:00:02", "the jump")
                wait_for(lambda: len(relay.taken) >= 10, "ten letters")
            with Client(server.url) as client:
                starts = [datetime.fromisoformat(text) for text in client.starts()]
            now = datetime.fromisoformat(_clock_of(server.url)).replace(tzinfo=UTC)
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert {start.utcoffset() for start in starts} == {
            BERLIN.utcoffset(start.replace(tzinfo=None)) for start in starts
        }
        assert {(start.hour, start.minute) >= (8, 30) and start.hour < 12 for start in starts} == {True}
        assert load.answered
        assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
        assert_whole_after(load, app, relay, tally, now=now)


def _clock_of(url: str) -> str:
    """Return what the service's clock shows, in UTC, as its answers are dated."""
    with Client(url) as client:
        date = client.ask("GET", "/healthz").headers["Date"]
    return f"{parsedate_to_datetime(date):%Y-%m-%d %H:%M:%S}"


@pytest.mark.long
@pytest.mark.parametrize("processes", [2, 0])
def test_two_job_processes_send_each_letter_once_and_none_keeps_nobody_from_booking(
    town: tuple[Flask, Relay], tmp_path: Path, tally: Counter[str], processes: int
) -> None:
    app, relay = town
    environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
    with serving(environment, jobs=False, log=tmp_path / "log") as server, ExitStack() as stack:
        for _ in range(processes):
            stack.callback(end, server.start_jobs())
        with under_load(server.url, app) as load:
            wait_for(lambda: len(load.answered) >= 20, "twenty bookings")
        if processes:
            stands = sum(status != "cancelled" for status in load.answered.values())
            wait_for(lambda: len(relay.taken) >= stands, "their letters")  # that of a cancellation can be undone first
    arrived = [str(message["Message-ID"]) for message in relay.taken]
    assert len(set(arrived)) == len(arrived), "two jobs sent one letter"
    assert bool(arrived) == bool(processes)
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    assert_whole_after(load, app, relay, tally)
