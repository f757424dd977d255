"""Two web machines and two job machines on one PostgreSQL, all through one PgBouncer with two server connections."""

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock, create_app
from booking.extensions import db
from booking.models import Letter, Office
from tests import databases, postgres
from tests.builders import a_clerk, a_municipality
from tests.clients import Client, at_once
from tests.conftest import HOME, settings_for
from tests.operation.test_pooling import bouncer
from tests.ownership import assert_owned_exactly
from tests.relays import Relay, listening
from tests.serving import Server, environment_for, free_port, serving

pytestmark = [pytest.mark.faults, pytest.mark.long]

PEOPLE, PATIENCE = 24, 60
Machines = tuple[Server, Server, Relay, Flask]


@pytest.fixture
def machines(postgresql, pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Machines]:
    direct = postgresql("machines")
    app = create_app(settings_for(direct))
    databases.migrate(app)
    with app.app_context():
        town = a_municipality(policy={"max_open_per_network": 1000})
        a_clerk(town, db.session.scalars(sa.select(Office)).one(), "platz2")
        town.revision += 1
        db.session.commit()
    home, name = Path(pytestconfig.stash[HOME]), str(sa.engine.make_url(direct).database)
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(listening(Relay()))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wf-machines-"))
        port = stack.enter_context(bouncer(Path(folder), home, name, connections=2))
        url = f"postgresql+psycopg://{postgres.SUPERUSER}@127.0.0.1:{port}/wartefrei"
        first, second = (
            stack.enter_context(
                serving(environment_for(url, port=free_port(), MAIL_PORT=relay.port), log=tmp_path / f"log{number}")
            )
            for number in (1, 2)
        )
        yield first, second, relay, app
    with app.app_context():
        db.engine.dispose()


def test_what_one_machine_books_the_other_does_not_offer_and_each_letter_leaves_once(machines: Machines) -> None:
    first, second, relay, app = machines
    with Client(first.url) as here, Client(second.url, 1) as there:
        starts = here.starts()[: 2 * PEOPLE]
        for number, start in enumerate(starts[-4:]):  # two clerks: the second booking takes the start away
            asked, told = (here, there) if number % 2 else (there, here)
            assert start in told.starts()
            taken = [asked.book(start, key=f"pair-{number}-{half}").status for half in (1, 2)]
            assert taken == [201, 201]
            assert start not in told.starts()
    people = [
        lambda client, number=number: client.book(starts[number // 3], key=f"crowd-{number}")
        for number in range(PEOPLE)
    ]
    halves = [at_once(server.url, people[place::2]) for place, server in enumerate((first, second))]
    statuses = Counter(answer.status for half in halves for answer in half)
    assert set(statuses) <= {201, 409}
    with app.app_context():
        await_letters(8 + statuses[201])
        assert_owned_exactly(clock.now())
    sent = Counter(str(message["Message-ID"]) for message in relay.taken)
    assert len(sent) == 8 + statuses[201]
    assert set(sent.values()) == {1}


def await_letters(number: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        db.session.rollback()
        if db.session.scalar(sa.select(sa.func.count(Letter.id)).where(Letter.sent_at.is_not(None))) == number:
            return
        time.sleep(0.2)
    raise AssertionError("not every letter has left")
