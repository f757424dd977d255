"""Fixtures that every test may ask for.

``engine_url``  the address of an empty, migrated database; the test runs once on SQLite and once on PostgreSQL
``app``         an application on it that has kept nothing yet, outside any context
``client``      its test client, for doors
``context``     its application context, for actions. Not together with ``client``: Flask would let every request
                share this one context, and with it the session
``free_port``   a TCP port of the loopback interface on which nobody listens
``settings``    the settings behind ``app``; ``with_settings`` makes an application with others
"""

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import Parameters, extract_parameters
from argon2.profiles import CHEAPEST
from coverage import Coverage
from flask import Flask
from flask.ctx import AppContext
from flask.testing import FlaskClient

from config.settings import Settings
from tests import budgets, databases, postgres, serving

budgets.load_profile()  # here, before any test module is read
databases.promise_no_order()

CHEAP = replace(CHEAPEST, memory_cost=16)  # CHEAPEST itself is what tests call old
DOORS = tuple(Path(__file__).parent / floor for floor in ("web", "security"))
LETTERS = tuple(Path(__file__).parent / floor for floor in ("mail", "ical"))
HOME = pytest.StashKey[str]()
OWNER = pytest.StashKey[int]()
AS_MADE: dict[Flask, tuple[dict[str, Any], dict[str, Any]]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "all: every test that has two (`make test-long`); chosen: doors on SQLite, and others less what is long_on"
    parser.addoption("--engines", choices=("chosen", "all"), default="chosen", help=told)


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, Any] = getattr(config, "workerinput", {})
    config.stash[OWNER] = given.get("owner", os.getpid())
    config.stash[HOME] = given.get("home", f"{tempfile.gettempdir()}/wartefrei-tests-{os.getpid()}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell the parallel test processes of one run where their common PostgreSQL is."""
    node.workerinput |= {"owner": node.config.stash[OWNER], "home": node.config.stash[HOME]}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to ``--engines=all`` a door's second round, on PostgreSQL, and what is marked ``long_on`` its engine.

    What differs there are actions and races.
    """
    is_all = config.getoption("--engines") == "all"
    left = [item for item in items if _needs_no_postgresql(item) or (not is_all and _is_a_second_round(item))]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def _needs_no_postgresql(item: pytest.Item) -> bool:
    """Whether it writes letters and calendars: for these the database has only to come from somewhere.

    Not said by a fixture ``engine`` of their own: what was made by that one would outlive the change of the engine.
    """
    return any(map(item.path.is_relative_to, LETTERS)) and _engine_of(item) == "postgresql"


def _is_a_second_round(item: pytest.Item) -> bool:
    engine = _engine_of(item)
    if any(map(item.path.is_relative_to, DOORS)) and not item.get_closest_marker("both_engines"):
        return engine == "postgresql"
    return any(engine in mark.args for mark in item.iter_markers("long_on"))


def _engine_of(item: pytest.Item) -> str:
    """Return the engine on which a test runs; nothing if it asks for none."""
    call = getattr(item, "callspec", None)
    return str(call.params.get("engine", "")) if call else ""


def pytest_collection_finish() -> None:
    """Spare the collector of garbage the thousands of tests that stay anyhow."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure coverage on SQLite only: tracing costs two thirds as much as the tests, and both walk the same lines."""
    measured = Coverage.current() if _engine_of(item) == "postgresql" else None
    if measured:
        measured.stop()
    try:
        return (yield)
    finally:
        if measured:
            measured.start()


@pytest.fixture(scope="session", autouse=True)
def nobody_sleeps() -> Iterator[None]:
    """Actions wait a moment for a database that has just gone; not in this process."""
    from booking.actions.outage import outage

    with pytest.MonkeyPatch.context() as patched:  # not the tests' own: it would end after the application's fixtures
        patched.setattr(outage, "_wait", lambda _seconds: None)
        yield


@pytest.fixture(autouse=True)
def nobody_remembers_an_outage() -> None:
    """A process remembers for a minute that its database was away: not from one test to whichever comes next."""
    from booking.actions.outage import outage

    outage.end()


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config, worker_id: str) -> Callable[[str], str]:
    """Return what makes an empty PostgreSQL database by name, anew at each call, and tells its URL."""
    home = Path(pytestconfig.stash[HOME])
    postgres.ensure_running(home, pytestconfig.stash[OWNER])
    return lambda name: postgres.make_database(home, f"{name}_{worker_id}")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def empty_database(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Return what makes a database without any table, by name, and tells its URL: for migrations and servers."""
    if engine == "postgresql":
        make: Callable[[str], str] = request.getfixturevalue("postgresql")
        return make
    return lambda name: f"sqlite:///{tmp_path_factory.mktemp(name)}/{name}.sqlite3"


@pytest.fixture(scope="session")
def migrated_url(empty_database: Callable[[str], str]) -> Iterator[str]:
    from booking import create_app

    url = empty_database("tests")
    databases.migrate(create_app(settings_for(url)))
    yield url
    databases.put_away(url)


@pytest.fixture
def engine_url(migrated_url: str) -> str:
    databases.empty(migrated_url)
    return migrated_url


@pytest.fixture(scope="session", autouse=True)
def strength() -> Iterator[tuple[Parameters, Parameters]]:
    """Hash passwords cheaply in tests, as strongly as operators do would cost a minute.

    Return how strongly they do: passwords, and what stands for the password of an unknown name.
    """
    from booking.actions import log_in

    strong, log_in.HASHER._parameters = log_in.HASHER._parameters, CHEAP
    nobody, log_in.NOBODY = log_in.NOBODY, log_in.HASHER.hash("nobody has this password")
    yield strong, extract_parameters(nobody)
    log_in.HASHER._parameters, log_in.NOBODY = strong, nobody


@pytest.fixture
def free_port() -> int:
    return serving.free_port()


def settings_for(url: str, **others: Any) -> Settings:
    return replace(
        Settings(
            database_url=url,
            secret_key="a key that only the tests know, of 48 characters",
            base_url="http://localhost",
            mail_server="127.0.0.1",
            mail_port=9,  # nobody listens there: a test that sends brings its own relay
            mail_default_sender="termine@example.org",
        ),
        **others,
    )


@pytest.fixture
def settings(engine_url: str) -> Settings:
    return settings_for(engine_url)


@pytest.fixture
def with_settings(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Return what makes an application with some settings changed: ``with_settings(mail_port=2525)``."""
    from tests.applications import applications

    with applications() as make:
        yield lambda **others: make(replace(settings, **others))


@pytest.fixture(scope="session")
def shared_app(migrated_url: str) -> Iterator[Flask]:
    """Made once: an application costs 40 ms, and its engine every statement's compilation anew."""
    from booking import create_app
    from booking.extensions import db

    app = create_app(settings_for(migrated_url))
    app.config["TESTING"] = True
    with app.app_context():
        databases.spare_the_disk(db.engine)
    AS_MADE[app] = dict(app.config), dict(app.extensions)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask, engine_url: str) -> Iterator[Flask]:
    from booking.web.api import availability, kept
    from tests.trails import citizens_in_the_log

    _forget(shared_app)  # before the test, too: whoever shared it for a whole module may have left a catalogue behind
    shared_app.extensions[availability.KEPT] = kept.KeptAnswers()
    yield shared_app
    with shared_app.app_context():
        assert citizens_in_the_log() == []  # whatever the test did: an action that logs too much fails its own tests
    _forget(shared_app)


def _forget(app: Flask) -> None:
    """Have the application as it was made: with no other settings, and nothing kept of any town."""
    for present, made in zip((app.config, app.extensions), AS_MADE[app], strict=True):
        present.clear()
        present.update(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def context(app: Flask) -> Iterator[AppContext]:
    with app.app_context() as opened:
        yield opened
