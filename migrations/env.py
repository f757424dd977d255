"""How Alembic meets the application: its engine and its tables."""

from contextlib import nullcontext
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError

from booking import models  # noqa: F401 - importing them is what fills the metadata
from booking.extensions import Base, db
from booking.models.types import Instant

ATTEMPTS = 5
DEADLOCK = "40P01"


def as_plain_type(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our column types as the plain ones beneath: a migration must outlive the module that it came from."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    options = dict(current_app.extensions["migrate"].configure_args)
    options.pop("render_as_batch", None)
    given = context.config.attributes.get("connection")  # a restore brings the tables of its backup up to date
    # As a writer from the beginning: while people book, SQLite would refuse one that had read first (extensions.py).
    own = db.engine.connect().execution_options(writes=True) if given is None else nullcontext(given)
    with own as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter a column in place
            render_item=as_plain_type,
            **options,
        )
        for attempt in range(ATTEMPTS):
            try:
                with context.begin_transaction():
                    _go_first(connection)
                    context.run_migrations()
                break
            except OperationalError as problem:  # all is rolled back
                if attempt == ATTEMPTS - 1 or getattr(problem.orig, "sqlstate", None) != DEADLOCK:
                    raise


def _go_first(connection: Connection) -> None:
    """Let those who write come to an end, and others wait, before tables change that they hold and want in turn.

    Every writing action locks an office first (actions/locking.py). Readers lock nothing first: with them it may
    still come to a deadlock, and then everything is run again.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # an index may take its time (extensions.py)
        if inspect(connection).has_table("office"):
            connection.exec_driver_sql("LOCK TABLE office IN SHARE ROW EXCLUSIVE MODE")


run()
