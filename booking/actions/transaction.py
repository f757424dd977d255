"""How an action becomes one transaction: begin, run, commit once, and run again when the database asks for it."""

import functools
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from booking import metrics
from booking.actions import tally
from booking.actions.outage import outage
from booking.errors import Refusal, StartTaken, Unavailable
from booking.extensions import db

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)
ATTEMPTS = 5
RERUN = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock detected, serialization failure
UNIQUE, FOREIGN_KEY = "23505", "23503"
SQLITE_CODES = {
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: FOREIGN_KEY,
}
# What a file (also a wrong or damaged one), a disk or another writer does to SQLite. Its plain SQLITE_ERROR (no such
# table) is our own fault.
SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
    }
)


class Rerun(Exception):  # noqa: N818 - a request, not an error
    """The action found that what it had read is stale: run it again from the beginning."""


def writes(action: Callable[P, T]) -> Callable[P, T]:
    """Run an action as one writing transaction.

    Everything an action does is in the database (letters are rows), so running it again is safe: after a deadlock, a
    lost race for a key, a connection that broke; and for a few seconds while no server is primary. A commit whose
    answer was lost may have happened: the second run finds its work done (by idempotency key, or by status). Raises
    Unavailable when the database is away.
    """

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        def once() -> T:
            try:
                return _once(action, *args, **kwargs)
            except Refusal as refusal:
                metrics.REFUSALS.labels(action.__module__.rpartition(".")[2], refusal.code).inc()
                raise

        return _persist(once)

    return run


def reads(action: Callable[P, T]) -> Callable[P, T]:
    """Run an action that only reads; again after a broken connection. A database that is away is Unavailable."""

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        def once() -> T:
            try:
                return action(*args, **kwargs)
            except (DBAPIError, PoolTimeout):
                _abandon()
                raise

        return _persist(once)

    return run


def _persist(once: Callable[[], T]) -> T:
    """Run until it is done, refused, or not worth while any more: then raise what the domain says of it."""
    for attempt in range(ATTEMPTS):
        try:
            done = once()
        except (Rerun, DBAPIError, PoolTimeout) as problem:
            if attempt == ATTEMPTS - 1 or not _may_rerun(problem, attempt):
                raise _refusal(problem) from problem
        else:
            outage.end()
            return done
    raise AssertionError("unreachable")


def _once(action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    _abandon()  # whatever was read before belongs to an older view of the world
    try:
        db.session.connection(execution_options={"writes": True})
        result = action(*args, **kwargs)
        db.session.commit()
        tally.count()
    except BaseException:
        _abandon()
        raise
    return result


def _abandon() -> None:
    """Roll back; a connection that cannot even do that has rolled back on the server, and is not used again."""
    tally.forget()
    with suppress(DBAPIError):
        db.session.rollback()


def _may_rerun(problem: BaseException, attempt: int) -> bool:
    if isinstance(problem, IntegrityError):
        return _sqlstate(problem) in {UNIQUE, FOREIGN_KEY}  # somebody was faster; the second look sees what they did
    if not isinstance(problem, DBAPIError):
        return isinstance(problem, Rerun)
    if problem.connection_invalidated and attempt == 0:  # at once: most often it was only this connection
        return outage.is_young()
    if problem.connection_invalidated or _is_failed_connect(problem):  # a pooler's lines open, and break when used
        return outage.outlast(attempt)
    return _sqlstate(problem) in RERUN


def _is_failed_connect(problem: DBAPIError) -> bool:
    """Whether nobody took the connection: no server, or none that is primary. libpq gives such errors no code."""
    return isinstance(problem.orig, psycopg.OperationalError) and _sqlstate(problem) is None


def _refusal(problem: BaseException) -> BaseException:
    """Turn what the database says into what the domain says; what is our own fault stays an error."""
    if isinstance(problem, IntegrityError):
        return StartTaken() if _sqlstate(problem) == UNIQUE and _table(problem) == "cell" else problem
    if isinstance(problem, Rerun | PoolTimeout) or (isinstance(problem, DBAPIError) and _is_away(problem)):
        log.error("database away: %s", _cause(problem))
        if isinstance(problem, PoolTimeout):
            metrics.POOL_TIMEOUTS.inc()
        return Unavailable()
    return problem


def _is_away(problem: DBAPIError) -> bool:
    if problem.connection_invalidated:
        return True
    if isinstance(problem.orig, sqlite3.Error):
        return (_sqlite_code(problem.orig) & 0xFF) in SQLITE_AWAY  # the low byte is the primary code
    return isinstance(problem, OperationalError)


def _cause(problem: BaseException) -> str:
    """Name what happened without the statement and its parameters, which hold personal data."""
    orig = getattr(problem, "orig", None) or problem
    code = _sqlstate(problem) if isinstance(problem, DBAPIError) else None
    return f"{type(orig).__name__} {code or ''}".strip()


def _sqlstate(problem: DBAPIError) -> str | None:
    if isinstance(problem.orig, sqlite3.Error):
        return SQLITE_CODES.get(_sqlite_code(problem.orig))
    return getattr(problem.orig, "sqlstate", None)


def _sqlite_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # absent on errors of Python's own module


def _table(problem: IntegrityError) -> str:
    """Return the table whose key refused: SQLite says ``UNIQUE constraint failed: cell.clerk_id, cell.moment``."""
    if isinstance(problem.orig, sqlite3.Error):
        return str(problem.orig).rpartition("failed: ")[2].partition(".")[0]
    return getattr(getattr(problem.orig, "diag", None), "table_name", None) or ""
