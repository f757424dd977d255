"""What the fault tests share: one PostgreSQL that may be hurt, and the table of what was done to the service."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from booking import create_app
from booking.extensions import db
from tests import databases, postgres
from tests.applications import applications
from tests.builders import a_municipality
from tests.conftest import settings_for
from tests.faults.cluster import Cluster, own_cluster

TALLY = pytest.StashKey[dict[str, Counter[str]]]()
HURT = "hurt"
COLUMNS = ("kills", "requests", "bookings", "letters", "findings")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = {}


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Counter[str]:
    """What this test did, for the table at the end of ``make faults``: kills, requests, bookings, letters, findings."""
    counted: Counter[str] = Counter()
    return request.config.stash[TALLY].setdefault(request.node.name, counted)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(TALLY, {})
    if not rows:
        return
    terminalreporter.section("what was done")
    width = max(map(len, rows))
    terminalreporter.write_line(" " * width + "".join(f"{column:>10}" for column in COLUMNS))
    for name, counted in rows.items():
        terminalreporter.write_line(f"{name:{width}}" + "".join(f"{counted[column]:>10}" for column in COLUMNS))
    total = sum(rows.values(), Counter())
    terminalreporter.write_line(f"{'together':{width}}" + "".join(f"{total[column]:>10}" for column in COLUMNS))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that forgets nothing and that a test may stop, crash or fill; it leaves it running and empty."""
    with own_cluster(Path(tempfile.gettempdir()) / f"wf-own-{os.getpid()}") as running:
        yield running


@pytest.fixture(scope="session")
def migrated_cluster(cluster: Cluster) -> Iterator[str]:
    url = postgres.make_database(cluster.home, HURT)
    databases.migrate(create_app(settings_for(url)))
    yield url
    databases.put_away(url)


@pytest.fixture
def hurt_url(migrated_cluster: str, app_on: Callable[..., Flask]) -> str:
    """A town in the cluster."""
    return a_town_in(migrated_cluster, app_on)


def a_town_in(url: str, app_on: Callable[..., Flask]) -> str:
    """Empty a migrated database and found a town in it."""
    databases.empty(url)
    with app_on(url).app_context():
        a_municipality(policy={"max_open_per_network": 10_000, "proof_above": 100_000})
        db.session.remove()
    return url


@pytest.fixture
def app_on() -> Iterator[Callable[..., Flask]]:
    """Return what makes an application on a URL; its connections are closed at the end."""
    with applications() as make:
        yield lambda url, **others: make(settings_for(url, **others))


def superuser(cluster: Cluster, database: str = HURT) -> "psycopg.Connection[tuple[object, ...]]":
    """Open a connection of somebody else, who is no application."""
    return psycopg.connect(host=str(cluster.home), user=postgres.SUPERUSER, dbname=database, autocommit=True)
