"""A mail relay that thinks for three seconds about every letter, while people book far faster than letters leave."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import Client
from tests.faults.load import assert_whole_after, busy_town, under_load, wait_for, wait_for_more
from tests.serving import environment_for, free_port, serving

pytestmark = [pytest.mark.faults, pytest.mark.long]

THINKING = 3.0
BOOKINGS = 40


def test_a_slow_relay_makes_letters_late_and_nobody_who_books_wait(
    empty_database: Callable[[str], str], tmp_path: Path, tally: Counter[str]
) -> None:
    with busy_town(empty_database("slow")) as (app, relay):
        relay.pause = THINKING
        environment = environment_for(app.config["DATABASE_URL"], port=free_port(), MAIL_PORT=relay.port)
        with serving(environment, log=tmp_path / "log") as server:
            with under_load(server.url, app) as load:
                wait_for(lambda: relay.thinking, "the first letter")
                wait_for_more(load, BOOKINGS)
                left = len(relay.taken)
            with Client(server.url) as client:
                wait_for(lambda: "jobs-silent" not in client.ask("GET", "/readyz").body["warnings"], "a heartbeat")
            relay.pause = 0
        assert left < BOOKINGS / load.people, "people waited for the relay"
        ids = [str(message["Message-ID"]) for message in relay.taken]
        assert len(set(ids)) == len(ids), "a letter was sent again though the relay had only been slow"
        assert load.silences == 0
        assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert_whole_after(load, app, relay, tally)
