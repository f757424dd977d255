"""A database that is full, read-only, or no database at all: a sentence and 503, nothing half written, and back."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.actions.check_deployment import check_deployment
from booking.extensions import db
from tests import tablespaces
from tests.builders import MONDAY, a_municipality
from tests.faults.cluster import Cluster
from tests.faults.conftest import superuser
from tests.faults.whole import assert_whole

pytestmark = pytest.mark.faults

FREE = "/api/v1/municipalities/musterstadt/availability?concern=personalausweis"
PATH = "/api/v1/municipalities/musterstadt/appointments"
GROWING = ("appointment", "letter", "cell", "replay")
sqlite_only = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def some_start(client: FlaskClient, number: int) -> str:
    answer = client.get(FREE)
    assert answer.status_code == 200, answer.text
    starts = [start for day in answer.json["offices"][0]["days"] for start in day["starts"]]
    return str(starts[number])


def ask_for(client: FlaskClient, start: str, key: str) -> TestResponse:
    body: dict[str, Any] = {"office": "buergerbuero", "start": start, "name": "Anna Beispiel"}
    body |= {"concerns": [{"id": "personalausweis", "quantity": 1}], "email": f"{key}@example.org"}
    return client.post(PATH, json=body, headers={"Idempotency-Key": key})


def bookings_among(answers: Iterable[TestResponse]) -> dict[str, str]:
    """Return what these answers promise: reference → status."""
    return {answer.json["reference"]: "pending" for answer in answers if answer.status_code == 201}


def assert_away(answer: TestResponse) -> None:
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0


@sqlite_only
def test_a_full_file_refuses_and_books_again_when_there_is_room(
    engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings()
    with contextlib.closing(sqlite3.connect(sa.engine.make_url(engine_url).database or "")) as line:
        line.execute("VACUUM")  # tests before this one have left pages that are free
    with app.app_context():
        a_municipality()
        pages = db.session.scalar(sa.text("PRAGMA page_count"))
        db.session.remove()
        room = [pages]
        sa.event.listen(
            db.engine, "begin", lambda line: line.exec_driver_sql(f"PRAGMA max_page_count = {room[0]}"), insert=True
        )
    client = app.test_client()
    answers = [ask_for(client, some_start(client, 3 * number), f"full{number}") for number in range(40)]
    told = [answer for answer in answers if answer.status_code != 201]
    assert told, "the file never became full"
    assert_away(told[0])
    assert client.get(FREE).status_code == 200
    room[0] = 1_000_000
    answers.append(ask_for(client, some_start(client, 200), "room"))
    assert answers[-1].status_code == 201
    with app.app_context():
        assert db.session.scalar(sa.text("SELECT count(*) FROM appointment")) == 41 - len(told)
    assert_whole(app, told=bookings_among(answers))


@sqlite_only
def test_a_file_that_is_read_only_still_shows_what_is_free(
    engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    file = sa.engine.make_url(engine_url).database
    whole = with_settings()
    with whole.app_context():
        a_municipality()
    app = with_settings(database_url=f"sqlite:///file:{file}?mode=ro&uri=true")
    client = app.test_client()
    assert_away(ask_for(client, some_start(client, 0), "readonly"))
    assert client.get("/musterstadt/").status_code == 200
    assert_whole(whole)


@pytest.mark.leaves_nothing("there is no table")
@sqlite_only
def test_a_file_that_is_no_database_is_a_database_that_is_away(
    tmp_path: Path, engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    file = tmp_path / "shopping.sqlite3"
    file.write_text("milk, eggs, a kilo of flour\n" * 300)
    app = with_settings(database_url=f"sqlite:///{file}")
    client = app.test_client()
    assert_away(client.get(FREE))
    assert_away(ask_for(client, "2026-11-24T09:00:00+01:00", "nobase"))
    for page in ("/musterstadt/", "/staff/login", "/readyz"):
        assert client.get(page).status_code in {200, 503}, page
    with app.app_context():
        assert any("does not answer" in finding.sentence for finding in check_deployment(now=MONDAY))


@pytest.mark.leaves_nothing("a file of its own, with another table")
@sqlite_only
def test_a_new_file_is_nobody_elses_business_whatever_the_umask(
    tmp_path: Path, engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    file = tmp_path / "new.sqlite3"
    with with_settings(database_url=f"sqlite:///{file}").app_context():
        db.session.execute(sa.text("CREATE TABLE one (two INTEGER)"))
        db.session.commit()
        assert sorted(path.stat().st_mode & 0o777 for path in tmp_path.iterdir()) == [0o600] * 3
    with sqlite3.connect(file) as kept:
        assert kept.execute("SELECT count(*) FROM one").fetchone() == (0,)
    kept.close()


@pytest.fixture
def hurt(hurt_url: str, app_on: Callable[..., Flask]) -> Flask:
    return app_on(hurt_url)


def test_a_server_that_turned_read_only_refuses_and_books_again_by_itself(cluster: Cluster, hurt: Flask) -> None:
    client = hurt.test_client()
    start = some_start(client, 0)
    with superuser(cluster) as other:
        other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        other.execute("SELECT pg_reload_conf()")
        answers = []
        for number in range(200):  # the server heeds it a moment later
            answers.append(ask_for(client, some_start(client, 5), f"readonly{number}"))
            if answers[-1].status_code != 201:
                break
        assert_away(answers[-1])
        assert client.get(FREE).status_code == 200
        other.execute("SET default_transaction_read_only = off")
        other.execute("ALTER SYSTEM RESET default_transaction_read_only")
        other.execute("SELECT pg_reload_conf()")
        for _ in range(200):
            answers.append(ask_for(client, start, "again"))
            if answers[-1].status_code == 201:
                break
            assert_away(answers[-1])
    assert answers[-1].status_code == 201
    assert_whole(hurt, told=bookings_among(answers))


@pytest.fixture
def small_disk(cluster: Cluster, hurt_url: str) -> Iterator[Path]:
    with tablespaces.small_disk(cluster.home / "small", megabytes=6) as place, superuser(cluster) as other:
        other.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
        for table in GROWING:
            other.execute(f"ALTER TABLE {table} SET TABLESPACE small".encode())
        yield place
        for table in GROWING:
            other.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default".encode())
        other.execute("CHECKPOINT")
        other.execute("DROP TABLESPACE small")


def test_a_full_disk_refuses_loses_nothing_and_books_again_when_there_is_room(hurt: Flask, small_disk: Path) -> None:
    """The tables lie on a file system of their own, a few megabytes; the log of transactions does not."""
    ballast = tablespaces.fill(small_disk)
    client = hurt.test_client()
    starts = [some_start(client, 2 * number) for number in range(60)]
    answers = [ask_for(client, start, f"full{number}") for number, start in enumerate(starts)]
    told = [answer for answer in answers if answer.status_code != 201]
    assert told, "the disk never became full"
    assert_away(told[0])
    ballast.unlink()
    answers.append(ask_for(client, some_start(client, 0), "room"))
    assert answers[-1].status_code == 201
    assert_whole(hurt, told=bookings_among(answers))
    with hurt.app_context():
        assert db.session.scalar(sa.text("SELECT count(*) FROM appointment")) == 61 - len(told)
        db.session.remove()
        db.engine.dispose()
