"""What every command says in a sentence instead of a traceback: the database is away, or lacks tables."""

import functools
from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from booking.actions.check_deployment import ADVICE
from booking.errors import Unavailable

LACKING = {"42P01", "42703"}  # undefined_table, undefined_column (PostgreSQL, appendix A)


def tell_faults(command: click.Command) -> None:
    """Have a command, and those below it, say so; once for each."""
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        tell_faults(each)
    if command.callback:
        command.callback = _telling(command.callback)


def _telling(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except Unavailable:
            raise click.ClickException("The database does not answer; nothing was changed.") from None
        except DBAPIError as problem:
            if _lacks_tables(problem):
                raise click.ClickException(ADVICE["migration-missing"]) from None
            raise

    return called


def _lacks_tables(problem: DBAPIError) -> bool:
    told = str(problem.orig).startswith(("no such table", "no such column"))  # SQLite has no code of its own for it
    return told or getattr(problem.orig, "sqlstate", None) in LACKING
