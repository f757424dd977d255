"""Processes killed under load: what was answered with success is there, with its cells and its letters."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from tests import postgres
from tests.faults.cluster import Cluster
from tests.faults.conftest import superuser
from tests.faults.load import PATIENCE, Load, assert_whole_after, busy_town, meet, under_load, wait_for, wait_for_more
from tests.relays import Relay, listening
from tests.serving import WEB, Server, end, environment_for, free_port, serving, start, wait_until_alive

pytestmark = pytest.mark.faults

Town = tuple[Flask, Relay]
KILLS = 30
WORKERS = 3
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"


@pytest.fixture
def town(empty_database: Callable[[str], str]) -> Iterator[Town]:
    with busy_town(empty_database("kills")) as made:
        yield made


@pytest.fixture
def mortal_town(cluster: Cluster) -> Iterator[Town]:
    """A town in a PostgreSQL whose own processes may be killed."""
    with busy_town(postgres.make_database(cluster.home, "mortal")) as made:
        yield made


def served(town: Town, tmp_path: Path) -> contextlib.AbstractContextManager[Server]:
    app, relay = town
    environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
    return serving(environment, workers=WORKERS, log=tmp_path / "log")


@pytest.mark.long_on("sqlite")
@pytest.mark.parametrize("seed", [7, *(pytest.param(seed, marks=pytest.mark.long) for seed in (8, 9))])
def test_thirty_kills_lose_nothing_and_double_nothing(
    town: Town, tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    app, relay = town
    with served(town, tmp_path) as server, under_load(server.url, app) as load:
        _kill(server, load, random.Random(seed), tally)
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    assert load.silences > 0, "no kill hit a request: the load was too small to prove anything"
    assert_whole_after(load, app, relay, tally)


def _kill(server: Server, load: Load, dice: random.Random, tally: Counter[str]) -> None:
    """Kill thirty times a worker or, one time in six, the job process; go on when its place is filled again."""
    with ExitStack() as stack:
        jobs = server.jobs
        for _ in range(KILLS):
            meet(load, dice)
            tally["kills"] += 1
            if dice.randrange(6) == 0 and jobs is not None:
                os.kill(jobs.pid, signal.SIGKILL)
                jobs.wait(PATIENCE)
                jobs = server.start_jobs()
                stack.callback(end, jobs)
                continue
            victims = server.workers()
            os.kill(dice.choice(victims), signal.SIGKILL)
            wait_for(lambda old=victims: _is_replaced(server, old), "another worker")


def _is_replaced(server: Server, before: list[int]) -> bool:
    return len(server.workers()) >= WORKERS and server.workers() != before


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_backends_killed_one_by_one_bring_the_server_down_and_nothing_is_lost(
    cluster: Cluster, mortal_town: Town, tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    """PostgreSQL restarts all of itself when one backend dies of SIGKILL: its shared memory may be broken."""
    app, relay = mortal_town
    dice = random.Random(seed)
    with served(mortal_town, tmp_path) as server, under_load(server.url, app) as load:
        for _ in range(8):
            meet(load, dice)
            with contextlib.suppress(psycopg.OperationalError), superuser(cluster, "mortal") as other:
                backends = [pid for (pid,) in other.execute(BACKENDS)]
                if backends:
                    os.kill(dice.choice(backends), signal.SIGKILL)
                    tally["kills"] += 1
            wait_for(lambda: _answers(cluster), "a database that recovers")
    assert set(load.statuses) <= {"201", "200", "409 start-taken", "503 unavailable"}, load.statuses
    assert_whole_after(load, app, relay, tally)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_postmaster_comes_back_with_everything_that_was_answered(
    cluster: Cluster, mortal_town: Town, tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    app, relay = mortal_town
    dice = random.Random(seed)
    with served(mortal_town, tmp_path) as server, under_load(server.url, app) as load:
        for _ in range(4):
            meet(load, dice)
            cluster.kill()
            tally["kills"] += 1
            time.sleep(dice.uniform(0, 0.25))  # how long it is away is drawn, too
            cluster.start()
        wait_for_more(load, 5)
    assert set(load.statuses) <= {"201", "200", "409 start-taken", "503 unavailable"}, load.statuses
    assert_whole_after(load, app, relay, tally)


def _answers(cluster: Cluster) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        return bool(cluster.ask("SELECT 1"))
    return False


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_gunicorn_is_started_again_and_everybody_goes_on(
    town: Town, tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    """Its orphaned workers see that their parent is gone and end; systemd starts the next one on the same port."""
    app, relay = town
    dice = random.Random(seed)
    with served(town, tmp_path) as server, ExitStack() as stack, under_load(server.url, app) as load:
        master = server.web
        for _ in range(4):
            meet(load, dice)
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            os.kill(master.pid, signal.SIGKILL)
            tally["kills"] += 1
            master.wait(PATIENCE)
            wait_for(lambda pids=children: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids), "orphans")
            master = start(*WEB, environment=server.environment, log=server.log)
            stack.callback(end, master)
            wait_until_alive(f"{server.url}/healthz", master, server.log)
    assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
    assert_whole_after(load, app, relay, tally)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_a_relay_that_dies_in_the_middle_gets_every_letter_and_none_from_nowhere(
    empty_database: Callable[[str], str], tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    dice = random.Random(seed)
    with busy_town(empty_database("relay"), relay_runs=False) as town:
        app, relay = town
        with served(town, tmp_path) as server, under_load(server.url, app) as load:
            for _ in range(6):
                relay.drops = dice.randrange(3)
                with listening(relay):
                    meet(load, dice)
                tally["kills"] += 1
                meet(load, dice)
        relay.drops = 0
        with listening(relay):
            assert_whole_after(load, app, relay, tally)
