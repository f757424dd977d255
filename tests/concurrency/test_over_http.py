"""Fifty people and one start, two hundred and forty: over HTTP, against gunicorn with four workers."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking import clock, create_app
from booking.extensions import db
from tests import databases
from tests.builders import a_municipality
from tests.clients import Client, at_once
from tests.conftest import settings_for
from tests.ownership import assert_owned_exactly, wrong_in
from tests.serving import Server, environment_for, free_port, serving

pytestmark = pytest.mark.faults

ACTIVE_STARTS = """
SELECT count(DISTINCT a.id), count(DISTINCT a.start), count(DISTINCT l.id) FROM appointment a
JOIN municipality m ON m.id = a.municipality_id LEFT JOIN letter l ON l.appointment_id = a.id
WHERE a.status = 'pending' AND m.slug = :town
"""


@pytest.fixture(scope="module")
def database(empty_database: Callable[[str], str]) -> str:
    url = empty_database("crowds")
    app = create_app(settings_for(url))
    databases.migrate(app)
    with app.app_context():
        a_municipality("einzelstadt")
        a_municipality("vierzigstadt")
        db.engine.dispose()
    return url


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = environment_for(database, port=free_port())
    with serving(environment, workers=4, jobs=False, log=tmp_path_factory.mktemp("crowds") / "log") as running:
        yield running


def booked_in(database: str, town: str) -> tuple[int, int, int]:
    """Return how many appointments, different starts and letters a town has, by a query over the tables."""
    app = create_app(settings_for(database))
    with app.app_context():
        try:
            row = db.session.execute(sa.text(ACTIVE_STARTS), {"town": town}).one()
            assert wrong_in(db.session.connection(), clock.now()) == {}
            assert_owned_exactly(clock.now())
            return row[0], row[1], row[2]
        finally:
            db.session.remove()
            db.engine.dispose()


def test_one_of_fifty_gets_the_start_and_the_others_are_told_of_free_ones(server: Server, database: str) -> None:
    with Client(server.url) as reader:
        start = reader.starts(town="einzelstadt")[20]
    tasks = [lambda client, n=n: client.book(start, town="einzelstadt", key=f"crowd-{n}") for n in range(50)]
    answers = at_once(server.url, tasks)
    assert Counter((answer.status, answer.code) for answer in answers) == {(201, ""): 1, (409, "start-taken"): 49}
    for answer in answers:
        if answer.status == 409:
            assert answer.body["alternatives"]
            assert start not in answer.body["alternatives"]
    assert booked_in(database, "einzelstadt") == (1, 1, 1)


def test_two_hundred_people_fill_forty_starts_and_no_more(server: Server, database: str) -> None:
    with Client(server.url) as reader:
        starts = reader.starts(town="vierzigstadt")[20:60]

    def ask(client: Client, number: int) -> int:
        return client.book(starts[number % 40], town="vierzigstadt", key=f"many-{number}").status

    statuses = at_once(server.url, [partial(ask, number=number) for number in range(200)])
    assert Counter(statuses) == {201: 40, 409: 160}
    assert booked_in(database, "vierzigstadt") == (40, 40, 40)


def test_a_crowd_leaves_no_error_in_the_log(server: Server) -> None:
    assert "Traceback" not in Path(server.log).read_text()
