"""A real PgBouncer in transaction mode, with the file of deploy/, between many clients and the database."""

import contextlib
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from booking import create_app
from booking.actions.cancel import cancel
from booking.actions.check_database import check_database, is_pooled
from booking.extensions import db
from booking.models import Appointment
from tests import databases, postgres
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.conftest import HOME, settings_for
from tests.operation.placing import placed
from tests.ownership import assert_owned_exactly
from tests.serving import end, free_port

pytestmark = [pytest.mark.faults, pytest.mark.long]
DAYS, EACH = (1, 2, 3, 6, 7, 8, 9, 10), 5  # working days after a Tuesday: a day for each client
PEOPLE = len(DAYS)


@pytest.fixture
def pooled(postgresql, pytestconfig: pytest.Config) -> Iterator[tuple[str, str]]:
    """The URLs of one migrated database: directly, and through PgBouncer with four server connections."""
    direct = postgresql("pooled")
    databases.migrate(create_app(settings_for(direct)))
    home, name = Path(pytestconfig.stash[HOME]), sa.engine.make_url(direct).database
    with tempfile.TemporaryDirectory(prefix="wf-pool-") as folder, bouncer(Path(folder), home, str(name)) as port:
        yield direct, f"postgresql+psycopg://{postgres.SUPERUSER}@127.0.0.1:{port}/wartefrei"


@contextlib.contextmanager
def bouncer(folder: Path, home: Path, database: str, *, connections: int = 4) -> Iterator[int]:
    """Run PgBouncer in a folder of its own, before a database of the cluster in ``home``, and tell its port."""
    port = free_port()
    server = "host=127.0.0.1 port=5432 dbname=wartefrei"
    text = placed(
        "pgbouncer/pgbouncer.ini",
        folder,
        {
            server: f"host={home} user={postgres.SUPERUSER} dbname={database}",
            "listen_port = 6432": f"listen_port = {port}",
            "auth_type = scram-sha-256": "auth_type = any",  # the test's cluster trusts its socket
            "default_pool_size = 20": f"default_pool_size = {connections}",
            "min_pool_size = 2": "min_pool_size = 1",
            "reserve_pool_size = 5": "reserve_pool_size = 0",
        },
    )
    account = postgres._account()
    for place in (folder, folder / "var/log/postgresql", folder / "run/postgresql", folder / "etc/pgbouncer"):
        place.mkdir(parents=True, exist_ok=True)
        if account:
            os.chown(place, account["user"], account["group"])
    ini = folder / "etc/pgbouncer/pgbouncer.ini"
    ini.write_text(text)
    (folder / "etc/pgbouncer/userlist.txt").write_text(f'"{postgres.SUPERUSER}" ""\n')
    with (folder / "out").open("wb") as output:
        process = subprocess.Popen(
            ["/usr/sbin/pgbouncer", str(ini)], stdout=output, stderr=output, start_new_session=True, **account
        )
    try:
        _wait(port, process, folder)
        yield port
    finally:
        end(process)


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    give_up = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise RuntimeError((folder / "out").read_text())


def test_many_clients_book_and_cancel_through_a_pool_in_transaction_mode(pooled: tuple[str, str]) -> None:
    app = create_app(settings_for(pooled[1]))
    with app.app_context():
        a_municipality(policy={"max_open_per_network": 1000})
    wrong: list[BaseException] = []

    def live(number: int) -> None:
        with app.app_context():
            try:
                for turn in range(EACH):
                    start = (
                        NINE
                        + timedelta(days=number + 1 + 2 * (number > 2) + 2 * (number > 7))
                        + timedelta(minutes=30 * turn)
                    )
                    booked = an_appointment(MONDAY, start=start, email=f"{number}-{turn}@example.org")
                    if turn % 2:
                        cancel(booked.token, now=MONDAY)
            except BaseException as problem:  # noqa: BLE001 - told below, in the thread that can fail the test
                wrong.append(problem)
            finally:
                db.session.remove()

    people = [threading.Thread(target=live, args=(number,)) for number in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert wrong == []
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == PEOPLE * EACH
        assert_owned_exactly(MONDAY)
        db.engine.dispose()


def test_prepared_statements_would_break_there_and_ours_are_off(pooled: tuple[str, str]) -> None:
    """Several clients share few server connections: one's prepared statement is another's error or wrong answer."""
    url = sa.engine.make_url(pooled[1])
    address = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(**address, prepare_threshold=0)) for _ in range(6)]
        with pytest.raises((psycopg.Error, AssertionError)):
            _talk(clients)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(**address, prepare_threshold=None)) for _ in range(6)]
        _talk(clients)
    app = create_app(settings_for(pooled[1]))
    with app.app_context():
        assert db.session.connection().connection.driver_connection.prepare_threshold is None
        db.session.rollback()
        db.engine.dispose()


def _talk(clients: "list[psycopg.Connection[tuple[object, ...]]]") -> None:
    for turn in range(20):
        for number, client in enumerate(clients[turn % 3 :: 2]):
            assert client.execute(f"SELECT %s::int + {number}".encode(), (turn,)).fetchone() == (turn + number,)
            client.commit()


def test_doctor_knows_a_pooler_and_the_statements_that_others_left_in_it(pooled: tuple[str, str]) -> None:
    direct, through = pooled
    with looking(direct):
        assert not is_pooled()
    with looking(through):
        assert is_pooled()
        assert not [found for found in check_database() if "pooler" in found.sentence]
        db.session.execute(sa.text("PREPARE another_programs AS SELECT 1"))
        assert [found.is_fault for found in check_database() if "prepared statements" in found.sentence] == [True]


@contextlib.contextmanager
def looking(url: str) -> Iterator[None]:
    app = create_app(settings_for(url))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()
