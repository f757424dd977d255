"""How an action becomes one transaction: begin, run, commit once, and run again when the database asks for it."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from booking.errors import StartTaken, Unavailable
from booking.extensions import db

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)
ATTEMPTS = 5
RERUN = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock detected, serialization failure


class Rerun(Exception):  # noqa: N818 - a request, not an error
    """The action found that what it had read is stale: run it again from the beginning."""


def writes(action: Callable[P, T]) -> Callable[P, T]:
    """Run an action as one writing transaction.

    Everything an action does is in the database (letters are rows), so running it again is safe: after a deadlock, a
    lost race for a key, a connection that broke. Raises Unavailable when the database is away.
    """

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return _once(action, *args, **kwargs)
            except (Rerun, IntegrityError, DBAPIError, PoolTimeout) as problem:
                if not _may_rerun(problem) or attempt == ATTEMPTS - 1:
                    raise _refusal(problem) from problem
        raise AssertionError("unreachable")

    return run


def reads(action: Callable[P, T]) -> Callable[P, T]:
    """Run an action that only reads; a broken connection is tried once more, a database that is away is Unavailable."""

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except DBAPIError as problem:
            db.session.rollback()
            if not problem.connection_invalidated:
                raise _refusal(problem) from problem
        except PoolTimeout as problem:
            raise _refusal(problem) from problem
        try:
            return action(*args, **kwargs)
        except (DBAPIError, PoolTimeout) as problem:
            db.session.rollback()
            raise _refusal(problem) from problem

    return run


def _once(action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    db.session.rollback()  # whatever was read before belongs to an older view of the world
    try:
        db.session.connection(execution_options={"writes": True})
        result = action(*args, **kwargs)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    return result


def _may_rerun(problem: BaseException) -> bool:
    if isinstance(problem, Rerun | IntegrityError):
        return True  # somebody was faster; the second look sees what they did
    if isinstance(problem, DBAPIError):
        return problem.connection_invalidated or getattr(problem.orig, "sqlstate", None) in RERUN
    return False


def _refusal(problem: BaseException) -> BaseException:
    """Turn what the database says into what the domain says; what is our own fault stays an error."""
    if isinstance(problem, IntegrityError):
        return StartTaken() if "cell" in str(problem.orig) else problem
    if isinstance(problem, OperationalError | PoolTimeout) or getattr(problem, "connection_invalidated", False):
        log.error("database away: %s", type(problem).__name__)
        return Unavailable()
    return problem
