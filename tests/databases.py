"""Databases for tests: a migrated one per engine and test process, emptied before each test that asks for it."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

if TYPE_CHECKING:
    from flask import Flask

MIGRATIONS = str(Path(__file__).resolve().parent.parent / "migrations")
SWEEP = """DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        AND pg_relation_size(oid) > 0
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
END $$"""
_brooms: "dict[str, psycopg.Connection[tuple[object, ...]]]" = {}


def migrate(app: "Flask", revision: str = "head") -> None:
    """Bring the database of the app up to ``revision`` by the migrations, as operators do."""
    from flask_migrate import upgrade

    from booking.extensions import db

    with app.app_context():
        upgrade(directory=MIGRATIONS, revision=revision)
        db.engine.dispose()  # a connection that is forgotten warns, and warnings are errors


def spare_the_disk(engine: sa.Engine) -> None:
    """Let SQLite not wait for the disk at each commit: the file dies with the run, and no test pulls the plug on it."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))


def promise_no_order() -> None:
    """Let SQLite answer backwards what asks for no order: who relies on one fails always, not by PostgreSQL's luck.

    https://www.sqlite.org/pragma.html#pragma_reverse_unordered_selects
    """

    @sa.event.listens_for(sa.Engine, "connect")
    def turn(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA reverse_unordered_selects = ON")


def empty(url: str) -> None:
    """Delete every row but the migration's number, past foreign keys and past the application's engine."""
    if url.startswith("sqlite"):
        _empty_sqlite(str(sa.engine.make_url(url).database))
    else:
        _empty_postgresql(url)


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


def _empty_postgresql(url: str) -> None:
    try:
        _broom(url).execute(SWEEP)
    except psycopg.OperationalError:  # the test before had the server cut every connection
        _brooms.pop(url).close()
        _broom(url).execute(SWEEP)


def _broom(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return the connection kept for emptying: a new one costs ten times what the emptying itself does."""
    if url not in _brooms:
        # "replica": neither foreign keys nor triggers are looked at
        past_guards = "-c session_replication_role=replica"
        _brooms[url] = psycopg.connect(
            url.replace("postgresql+psycopg", "postgresql", 1), options=past_guards, autocommit=True
        )
    return _brooms[url]


def put_away(url: str) -> None:
    """Close what is kept for emptying this database."""
    if url in _brooms:
        _brooms.pop(url).close()
