"""Flask extensions, made once and bound to an app in ``create_app``."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import click
import psycopg
from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel
from flask_compress import Compress
from flask_login import LoginManager
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from psycopg.errors import TransactionResolutionUnknown
from sqlalchemy import Connection, ExceptionContext, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase
from werkzeug.local import LocalProxy

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table; constraints have predictable names, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


class Logins(LoginManager):  # type: ignore[misc] # Flask-Login ships no types
    """Flask-Login without its cookie that remembers people: nobody here is remembered.

    Looking for it after each request would open the session, and the answer would say ``Vary: Cookie``: no proxy could
    keep one answer for two people.
    """

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


class Sessions(SecureCookieSessionInterface):
    """Flask's, but who brings no cookie costs no signer: making one for each request was a fortieth of a 304."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie says; without one an empty session, as Flask would."""
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


# Names and addresses are parameters: without this they would stand in the log with every refused statement.
db = SQLAlchemy(model_class=Base, engine_options={"hide_parameters": True})
babel = Babel()
compress = Compress()
mail = Mail()
logins = Logins()
csrf = CSRFProtect()


def choose_insert() -> Callable[[Any], Any]:
    """Return the INSERT of the database in use: each has one of its own that knows ON CONFLICT."""
    return postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert


def prepare_migrate(app: Flask, directory: str) -> None:
    """Load Flask-Migrate when it is first asked for: with Alembic it takes 10 MB, and no web worker changes tables."""

    @cache
    def load() -> tuple[object, click.Command]:
        from flask_migrate import Migrate  # noqa: PLC0415 - its memory is paid for only where it is used

        Migrate(app, db, directory=directory, render_as_batch=True, compare_type=True)
        return app.extensions["migrate"], app.cli.commands["db"]

    app.extensions["migrate"] = LocalProxy(lambda: load()[0])
    app.cli.commands["db"] = LocalProxy(lambda: load()[1])  # type: ignore[assignment] # a command as soon as one looks


BUSY_SECONDS = 30  # how long a writer waits for another; ``sqlite:///file?timeout=5`` says otherwise
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was answered with success survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # erased personal data is overwritten, not only unlinked
)


# What DATABASE_URL may say otherwise. A link that died is noticed within seconds only with both: keepalives while we
# wait for an answer, tcp_user_timeout while our question has not arrived.
POSTGRESQL_LINK = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# How long a session may wait for a lock, work at a statement, and hold its locks while we say nothing: whoever hangs
# must not hang everybody who needs the same office. No limit ends a commit that waits for its standby, and none may.
# ``options`` in DATABASE_URL says otherwise; through PgBouncer its connect_query does (docs/operators.md).
POSTGRESQL_LIMITS = (
    "SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '30s'"
)
# Shutting down, crashed, starting up, a primary that became a read-only replica, or a commit of which nobody knows:
# no connection to it is of use.
SERVER_GONE = frozenset({"57P01", "57P02", "57P03", "25006", "08007"})
# What PostgreSQL says when the wait for the standby was broken off: committed here, and perhaps nowhere else.
UNSURE = frozenset({"01000", "57P01"})


def prepare_engine(app: Flask) -> None:
    """Give SQLite its pragmas and real transactions, and PostgreSQL connections that notice when the server is gone."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _open_file)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "do_connect", _watch_link)
        event.listen(engine, "handle_error", _drop_if_gone)


def _open_file(_dialect: Any, _record: Any, args: list[Any], parameters: dict[str, Any]) -> None:
    """Wait for other writers; and make a new file nobody else's business, whatever the umask: it holds names."""
    parameters.setdefault("timeout", BUSY_SECONDS)
    if not parameters.get("uri"):
        with suppress(OSError):  # it is there, or its folder is not: SQLite says so better
            os.close(os.open(args[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # pysqlite's own BEGIN comes too late: it lets two readers both become writers
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: read first and write later would fail with SQLITE_BUSY_SNAPSHOT."""
    options = connection.get_execution_options()
    if not options.get("glances"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


class CarefulConnection(psycopg.Connection[Any]):
    """A connection whose commit is a success only if nobody broke off its wait for the standby."""

    _is_unsure = False

    def commit(self) -> None:
        """Commit. Raises TransactionResolutionUnknown when the server says that a failover could still undo it."""
        self._is_unsure = False
        super().commit()
        if self._is_unsure:
            raise TransactionResolutionUnknown

    def listen(self) -> None:
        """Hear the warning that comes in the place of an error."""
        self.add_notice_handler(self._hear)

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        self._is_unsure = self._is_unsure or notice.sqlstate in UNSURE


def _watch_link(_dialect: Any, _record: Any, args: list[Any], parameters: dict[str, Any]) -> CarefulConnection:
    # Prepared statements live in a session; PgBouncer's transaction mode answers with another client's (measured).
    parameters["prepare_threshold"] = None
    for name, value in POSTGRESQL_LINK.items():
        parameters.setdefault(name, value)
    connection = CarefulConnection.connect(*args, **parameters)
    connection.listen()
    if "options" not in parameters:
        _limit(connection)
    return connection


def _limit(connection: CarefulConnection) -> None:
    try:
        connection.autocommit = True
        connection.execute(POSTGRESQL_LIMITS)
        connection.autocommit = False
    except psycopg.Error:
        connection.close()  # cut already: nobody else knows of it
        raise


def _drop_if_gone(context: ExceptionContext) -> None:
    """Have the pool replace all connections to a server that is gone; by itself it keeps one that turned read-only."""
    if getattr(context.original_exception, "sqlstate", None) in SERVER_GONE:
        context.is_disconnect = True
