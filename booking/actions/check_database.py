"""What ``doctor`` can tell of PostgreSQL: settings that lose data, connections that run out, a pooler in between."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import current_app
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from booking.actions.check_settings import is_local
from booking.actions.clocks import MOST_SECONDS_APART, beats, seconds_ahead
from booking.actions.findings import Finding, note
from booking.extensions import db

THREADS = 4  # of a web worker (config/gunicorn.py); each holds one connection at most, and waits for no second
OF_JOBS = 9
LOSING = {
    "fsync": "a power cut can destroy the whole database",
    "full_page_writes": "a power cut can leave torn pages behind",
    "synchronous_commit": "bookings that were answered with success can be lost",
}
_SETTINGS = text(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', "
    "'max_connections', 'superuser_reserved_connections', 'synchronous_standby_names', 'in_hot_standby', "
    "'default_transaction_read_only', 'server_encoding', 'log_statement', 'log_min_duration_statement', "
    "'log_error_verbosity', 'log_min_error_statement', 'log_parameter_max_length')"
)


def check_database() -> Iterator[Finding]:
    """Look at the server's settings and at the way to it. SQLite's are our own (``extensions.SQLITE_PRAGMAS``)."""
    if db.engine.dialect.name != "postgresql":
        return
    settings: dict[str, str] = dict(map(tuple, db.session.execute(_SETTINGS)))
    for name, risk in LOSING.items():
        if settings.get(name) == "off":
            yield Finding(f"PostgreSQL runs with {name} = off: {risk}. Set it to on.")
    yield from _takes(settings)
    yield from _own_log(settings)
    yield from _standbys(settings)
    yield from _connections(settings)
    if is_pooled():
        yield from _pooler()
    elif not is_local(server()) and not server().startswith("/"):
        yield from _line()


def check_clock(*, now: datetime) -> Iterator[Finding]:
    """Compare this machine's clock and the jobs' with the database's; ``now`` is this very moment."""
    ahead = seconds_ahead(now)
    if abs(ahead) > MOST_SECONDS_APART:
        yield Finding(f"This machine's clock and the database's are {abs(ahead):.0f} seconds apart: run NTP on both.")
    for beat in beats(now=now):
        if abs(beat.ahead) > MOST_SECONDS_APART:
            apart = f"The clock of the job '{beat.job}' and the database's were {abs(beat.ahead):.0f} seconds apart"
            yield Finding(f"{apart} at its last run: run NTP on both.")


def is_pooled() -> bool:
    """Whether somebody stands between us and the server: PgBouncer makes up the number that libpq was told at first."""
    connection = db.session.connection().connection.driver_connection
    told = connection.info.backend_pid if connection is not None else None
    return bool(told != db.session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def server() -> str:
    """Return the host that has answered, of all that DATABASE_URL names; a folder when it was a socket."""
    connection = db.session.connection().connection.driver_connection
    return str(connection.info.host) if connection is not None else ""


def _takes(settings: Mapping[str, str]) -> Iterator[Finding]:
    if "on" in {settings.get("in_hot_standby"), settings.get("default_transaction_read_only")}:
        yield Finding(
            "PostgreSQL takes no writes here (it is a standby, or default_transaction_read_only is on): nothing can be "
            "booked. Let DATABASE_URL lead to the primary, or switch that off."
        )
    if settings.get("server_encoding") != "UTF8":
        yield Finding(
            f"The database is encoded in {settings.get('server_encoding')}: names with other letters are refused. Make "
            "it anew with --encoding UTF8 --template template0, and restore a backup into it."
        )


def _own_log(settings: Mapping[str, str]) -> Iterator[Finding]:
    """The server writes a log of its own; what that repeats of statements and rows holds names and addresses."""
    is_terse = settings.get("log_error_verbosity") == "terse"
    takes_down = settings.get("log_statement") in {"mod", "all"} or settings.get("log_min_duration_statement") != "-1"
    if takes_down and not is_terse and settings.get("log_parameter_max_length") != "0":
        yield Finding(
            "PostgreSQL logs statements with their values, people's names among them: set log_statement = none, "
            "log_min_duration_statement = -1 and log_error_verbosity = terse."
        )
    elif not is_terse or settings.get("log_min_error_statement") != "panic":
        yield note(
            "PostgreSQL's log repeats what it refuses, with people's names: set log_error_verbosity = terse and "
            "log_min_error_statement = panic."
        )


def _standbys(settings: Mapping[str, str]) -> Iterator[Finding]:
    """After a failover only what a second machine had is still there."""
    hosts, waited_for = db.engine.url.query.get("host", ()), settings.get("synchronous_standby_names")
    if not waited_for and isinstance(hosts, tuple) and len(hosts) > 1:
        yield Finding(
            "DATABASE_URL names several hosts, but PostgreSQL waits for no standby: a failover can lose bookings that "
            "were answered with success. Set synchronous_mode in Patroni, and look whether a standby runs."
        )
    if waited_for and settings.get("synchronous_commit") == "local":
        yield Finding(
            "PostgreSQL runs with synchronous_commit = local: a failover can lose bookings that were answered with "
            "success. Set it to on."
        )


def _connections(settings: Mapping[str, str]) -> Iterator[Finding]:
    pool = db.engine.pool
    if not isinstance(pool, QueuePool):
        return
    most = pool.size() + pool._max_overflow  # noqa: SLF001 - the pool tells it nowhere else
    if 0 <= most < THREADS:
        yield note(f"A worker's {THREADS} threads share {most} database connections and wait for each other.")
    wanted = current_app.config["WEB_CONCURRENCY"] * min(THREADS, most) + OF_JOBS
    offered = int(settings["max_connections"]) - int(settings["superuser_reserved_connections"])
    if wanted > offered and not is_pooled():
        yield Finding(
            f"WEB_CONCURRENCY and the jobs may want {wanted} database connections on this machine alone, PostgreSQL "
            f"offers {offered}: lower it, raise max_connections, or put PgBouncer between."
        )


def _pooler() -> Iterator[Finding]:
    """We prepare nothing (``extensions``), but a statement that another program left could answer us."""
    left = db.session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
    if left:
        yield Finding(
            f"Behind the pooler a connection holds {left} prepared statements: another program shares the pool. Give "
            "it one of its own, or set max_prepared_statements in PgBouncer."
        )


def _line() -> Iterator[Finding]:
    query = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    if not db.session.execute(query).scalar():
        yield Finding("The line to PostgreSQL on another machine is not encrypted: add sslmode=verify-full.")
