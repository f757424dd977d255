"""A line to PostgreSQL that is slow, or cut at any moment: people wait or ask again, and nothing is lost or doubled."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.cluster import Cluster
from tests.faults.load import assert_whole_after, busy_town, meet, under_load, wait_for
from tests.faults.proxy import line_to
from tests.serving import environment_for, free_port, serving

pytestmark = [pytest.mark.faults, pytest.mark.long]

CUTS = 25


@pytest.mark.parametrize("seed", range(2))
def test_a_line_that_is_cut_again_and_again_loses_nothing(
    cluster: Cluster, tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    dice = random.Random(seed)
    with (
        busy_town(postgres.make_database(cluster.home, "cuts")) as (app, relay),
        line_to(app.config["DATABASE_URL"]) as (line, url),
    ):
        environment = environment_for(url, port=free_port(), MAIL_PORT=relay.port)
        with serving(environment, log=tmp_path / "log") as server, under_load(server.url, app) as load:
            for _ in range(CUTS):
                meet(load, dice)
                line.cut()
                tally["kills"] += 1
        assert set(load.statuses) <= {"201", "200", "409 start-taken", "503 unavailable"}, load.statuses
        assert load.silences == 0
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert_whole_after(load, app, relay, tally)


def test_a_slow_line_makes_people_wait_and_refuses_nobody(
    cluster: Cluster, tmp_path: Path, tally: Counter[str]
) -> None:
    with (
        busy_town(postgres.make_database(cluster.home, "slow")) as (app, relay),
        line_to(app.config["DATABASE_URL"]) as (line, url),
    ):
        environment = environment_for(url, port=free_port(), MAIL_PORT=relay.port)
        with serving(environment, log=tmp_path / "log") as server:
            line.delay = 0.03  # each answer of the database: as if it stood in another country
            with under_load(server.url, app) as load:
                wait_for(lambda: len(load.answered) >= 12, "twelve bookings")
            line.delay = 0
        assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
        assert_whole_after(load, app, relay, tally)
