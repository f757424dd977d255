"""The migrations of this program, and at which of them a database is."""

from functools import lru_cache
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection

NONE: Final = ""  # the migration of a database without any table


def migrations() -> tuple[str, ...]:
    """Return the ids of all migrations that this program knows, the first one first (they form one line)."""
    return _in_order(current_app.extensions["migrate"].directory)


def migration_of(connection: Connection) -> str:
    """Return at which migration a database is; ``NONE`` if it has no tables."""
    return MigrationContext.configure(connection).get_current_revision() or NONE


def migrate(connection: Connection, revision: str) -> None:
    """Bring a database up to a migration, inside the caller's transaction where the engine can."""
    config = _config(current_app.extensions["migrate"].directory)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@lru_cache(maxsize=8)
def _in_order(directory: str) -> tuple[str, ...]:
    scripts = ScriptDirectory.from_config(_config(directory)).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def _config(directory: str) -> Config:
    config = Config()
    config.set_main_option("script_location", directory)
    return config
