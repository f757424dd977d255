"""A town hall at work for the browser tests of staff pages: its own server, offices made for each test."""

from collections.abc import Iterator

import pytest

from tests import serving
from tests.browser.staff.counter import Counter, opened
from tests.relays import Relay, listening


@pytest.fixture(scope="session")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Return the running service of a town whose offices are open at any hour, today included."""
    home = tmp_path_factory.mktemp("counter")
    relay = Relay()
    with listening(relay):
        database, port = f"sqlite:///{home}/counter.sqlite3", serving.free_port()
        environment = serving.environment_for(database, port=port, MAIL_PORT=relay.port)
        serving.flask("db", "upgrade", environment=environment)
        with opened(database) as app, serving.serving(environment, workers=2, log=home / "log") as server:
            yield Counter(server.url, app, relay)
