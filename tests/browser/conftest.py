"""A browser for tests: Debian's Chromium, driven by Playwright, that talks to this machine only."""

import contextlib
import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import serving
from tests.browser.district import catalogues
from tests.browser.hosting import Homepage, hosting
from tests.browser.walking import Town, Walk
from tests.browser.wordless import Wordless
from tests.relays import Relay, listening

CATALOGUE = "config/catalogues/schwarmstedt.yaml"
SILENT = [  # Chromium asks its maker's servers for updates, variations and more unless told not to
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
HERE = {"127.0.0.1", "localhost", "[::1]", "::1", None}
expect.set_options(timeout=30_000)  # a busy machine may take its time; nothing waits longer than it has to
_addresses = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.fail("Chromium is missing; please type: apt-get install chromium", pytrace=False)
    # Chromium's own sandbox refuses root and many containers; it would guard against pages that are not ours.
    # A homepage and the frame in it are drawn by one process: between two, Chromium loses a click now and then.
    flags = [*SILENT, "--no-sandbox", "--disable-site-isolation-trials"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens an empty page as a new visitor: ``open_page(java_script_enabled=False)``.

    The options are those of Playwright's ``new_context``. When the test is over, it fails if any page asked another
    host for something, or if a page's script failed.
    """
    contexts, wrong = [], []

    def opened(**options: Any) -> Page:
        context = chromium.new_context(**{"locale": "de-DE", "timezone_id": "Europe/Berlin"} | options)
        contexts.append(context)
        page = context.new_page()
        context.on("request", lambda request: _note_foreign(request.url, wrong))
        context.on("weberror", lambda error: wrong.append(f"script failed: {error.error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture(scope="session")
def homepage() -> Iterator[Homepage]:
    """Return a homepage of another origin that may embed every town."""
    with hosting() as served:
        yield served


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, homepage: Homepage) -> Iterator[Town]:
    with _running(tmp_path_factory.mktemp("town"), homepage, CATALOGUE) as running:
        yield running


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory, homepage: Homepage) -> Iterator[Town]:
    """Two towns on one server, in all languages: for those who look at everything."""
    home = tmp_path_factory.mktemp("district")
    with _running(home, homepage, *catalogues(home)) as running:
        yield running


@pytest.fixture
def address() -> str:
    return f"erika{next(_addresses)}@example.org"


@pytest.fixture
def visit(open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Like ``open_page``, and the test fails if the browser's console shows an error."""
    said: list[str] = []

    def opened(**options: Any) -> Page:
        page = open_page(**options)
        page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
        return page

    yield opened
    # A refused form is a page of its own; that its status is 4xx is no fault of the page.
    assert [line for line in said if "status of 4" not in line] == []


@pytest.fixture
def walk(visit: Callable[..., Page], town: Town, address: str) -> Callable[..., Walk]:
    def begun(look: Callable[[str], None] = lambda _step: None, **options: Any) -> Walk:
        return Walk(visit(**options), town, address, look)

    return begun


@pytest.fixture
def wander(visit: Callable[..., Page], district: Town, address: str) -> Callable[..., Wordless]:
    """Return what begins a way through the district: ``wander("ar", viewport=…)``."""

    def begun(language: str = "", **options: Any) -> Wordless:
        return Wordless(visit(**options), district, address, language=language)

    return begun


@contextlib.contextmanager
def _running(home: Path, embedding: Homepage, *files: str | Path) -> Iterator[Town]:
    relay = Relay()
    with listening(relay):
        database, port = f"sqlite:///{home}/town.sqlite3", serving.free_port()
        others = {"MAIL_PORT": relay.port, "EMBEDDING_ORIGINS": embedding.origin}
        environment = serving.environment_for(database, port=port, **others)
        serving.flask("db", "upgrade", environment=environment)
        for file in files:
            serving.flask("catalogue", "load", str(file), environment=environment)
        _calm(f"{home}/town.sqlite3")
        with serving.serving(environment, workers=2, log=home / "log") as server:
            yield Town(server.url, f"{home}/town.sqlite3", relay)


def _calm(database: str) -> None:
    """Let many tests book within one hour, without what tells such a rush from people."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE municipality SET policy = json_set(policy, '$.proof_above', 1000)")


def _note_foreign(url: str, wrong: list[str]) -> None:
    address = urlsplit(url)
    if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in HERE:
        wrong.append(f"asked another host: {url}")


@pytest.fixture(scope="session", params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    """What a browser shows needs the database only to come from somewhere: SQLite is enough."""
    return str(request.param)
