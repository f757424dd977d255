"""Databases for tests: a migrated one per engine and test process, emptied before each test that asks for it."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

if TYPE_CHECKING:
    from flask import Flask

MIGRATIONS = str(Path(__file__).resolve().parent.parent / "migrations")


def migrate(app: "Flask", revision: str = "head") -> None:
    """Bring the database of the app up to ``revision`` by the migrations, as operators do."""
    from flask_migrate import upgrade

    from booking.extensions import db

    with app.app_context():
        upgrade(directory=MIGRATIONS, revision=revision)
        db.engine.dispose()  # a connection that is forgotten warns, and warnings are errors


def empty(url: str) -> None:
    """Delete every row but the migration's number, past foreign keys and past the application's engine."""
    address = sa.engine.make_url(url)
    if address.drivername == "sqlite":
        _empty_sqlite(str(address.database))
    else:
        _empty_postgresql(str(address.query["host"]), str(address.username), str(address.database))


def _empty_sqlite(file: str) -> None:
    connection = sqlite3.connect(file, timeout=30)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "AND name <> 'alembic_version'"
        ).fetchall()
        guards = _lift_guards(connection) if connection.execute("SELECT 1 FROM audit LIMIT 1").fetchone() else []
        for (name,) in names:
            connection.execute(f'DELETE FROM "{name}"')
        for guard in guards:
            connection.execute(guard)
        connection.commit()
    finally:
        connection.close()


def _lift_guards(connection: sqlite3.Connection) -> list[str]:
    """Take away the triggers that keep the audit log, and return what makes them again."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in found:
        connection.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in found]


def _empty_postgresql(host: str, user: str, database: str) -> None:
    with psycopg.connect(host=host, user=user, dbname=database) as connection:
        connection.execute("SET session_replication_role = replica")  # neither foreign keys nor triggers are looked at
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f'DELETE FROM "{name}"'.encode())
