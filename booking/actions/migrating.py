"""The migrations of this program, and at which of them a database is."""

from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import Connection

from config.settings import ROOT

NONE: Final = ""  # the migration of a database without any table
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def migrations() -> tuple[str, ...]:
    """Return the ids of all migrations that this program knows, the first one first (they form one line).

    Their files' names begin with them. Alembic itself would read the files, and take 10 MB of each web worker.
    """
    return _in_order(ROOT / "migrations" / "versions")


def migration_of(connection: Connection) -> str:
    """Return at which migration a database is; ``NONE`` if it has no tables."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return NONE
    return connection.scalar(sa.select(_VERSION.c.version_num)) or NONE


def migrate(connection: Connection, revision: str) -> None:
    """Bring a database up to a migration, inside the caller's transaction where the engine can."""
    from alembic import command  # noqa: PLC0415 - its memory is paid for only where it is used
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", current_app.extensions["migrate"].directory)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def bring_up_to_date() -> None:
    """Bring the application's database up to the last migration, in transactions of its own."""
    from flask_migrate import upgrade  # noqa: PLC0415 - likewise

    upgrade()


@cache
def _in_order(directory: Path) -> tuple[str, ...]:
    return tuple(sorted(file.name.partition("_")[0] for file in directory.glob("[0-9]*_*.py")))
