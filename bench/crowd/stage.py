"""The whole service as a town runs it: PostgreSQL, two web workers, a job process, a relay that takes every letter."""

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from flask import Flask

from booking import create_app
from booking.extensions import db
from tests import databases, postgres
from tests.conftest import settings_for
from tests.relays import Relay, listening
from tests.serving import Server, environment_for, free_port, serving

LINK = re.compile(r"/t/([A-Za-z0-9_.~-]+)")


@dataclass
class Mailbox:
    """The letters that arrived: whoever waits for one gets the token of its link."""

    loop: asyncio.AbstractEventLoop | None = None
    waiting: dict[str, "asyncio.Future[str]"] = field(default_factory=dict)
    early: dict[str, str] = field(default_factory=dict)

    def take(self, message: EmailMessage) -> None:
        """Note a letter; called in the relay's thread."""
        body = message.get_body(("plain",))
        found = LINK.search(body.get_content()) if body else None
        if found and self.loop and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._hand_over, str(message["To"]), found[1])

    def _hand_over(self, to: str, token: str) -> None:
        address = to.rpartition("<")[2].rstrip(">")
        waits = self.waiting.pop(address, None)
        if waits and not waits.done():
            waits.set_result(token)
        else:
            self.early[address] = token

    async def token(self, address: str, *, patience: float = 120) -> str | None:
        """Wait for the first letter to an address; None when none comes."""
        if address in self.early:
            return self.early.pop(address)
        self.waiting[address] = asyncio.get_running_loop().create_future()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.waiting[address], patience)
        return None


@dataclass(frozen=True)
class Stage:
    """What is running: the application (for asking the tables), the web server, the letters."""

    app: Flask
    server: Server
    relay: Relay
    mailbox: Mailbox
    home: Path


@contextlib.contextmanager
def database(engine: str, home: Path, name: str) -> Iterator[str]:
    """Make an empty database for as long as the block lasts; a private PostgreSQL ends with this process."""
    if engine == "sqlite":
        yield f"sqlite:///{home}/{name}.sqlite3"
        return
    cluster = Path(tempfile.gettempdir()) / f"wartefrei-{name}-{os.getpid()}"
    postgres.ensure_running(cluster, os.getpid())
    yield postgres.make_database(cluster, name)


@contextlib.contextmanager
def prepared(engine: str, home: Path, name: str) -> Iterator[tuple[str, Flask]]:
    """Make a migrated database; yield its URL and an application on it, inside whose context the block runs."""
    with database(engine, home, name) as url:
        app = create_app(settings_for(url))
        databases.migrate(app)
        with app.app_context():
            yield url, app
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def opened(app: Flask, url: str, home: Path, *, workers: int = 2, **settings: object) -> Iterator[Stage]:
    """Start web, jobs and relay on a database in which the town already stands."""
    mailbox = Mailbox()
    relay = Relay()
    relay.on_message = mailbox.take
    with listening(relay):
        environment = environment_for(url, port=free_port(), MAIL_PORT=relay.port, **{"TRUSTED_PROXIES": 1, **settings})
        with serving(environment, workers=workers, log=home / "log") as server:
            yield Stage(app, server, relay, mailbox, home)
