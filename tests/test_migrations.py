"""Migrations: linear, there and back, and exactly the models."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade

from booking import create_app
from booking.actions.migrating import migrations
from booking.extensions import Base, db
from booking.models import Cell, Clerk, Office
from booking.models.stamps import ClerkStamp
from tests import databases
from tests.builders import NINE, a_municipality
from tests.conftest import settings_for


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory(databases.MIGRATIONS)
    assert len(scripts.get_heads()) == 1
    assert all(not isinstance(script.down_revision, tuple) for script in scripts.walk_revisions())
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == migrations()


def test_migrations_rebuild_exactly_the_models_and_go_back_to_nothing(empty_database: Callable[[str], str]) -> None:
    app = create_app(settings_for(empty_database("migrations")))
    databases.migrate(app)
    with app.app_context():
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        downgrade(directory=databases.MIGRATIONS, revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        db.engine.dispose()
    databases.migrate(app)
    with app.app_context():
        assert set(sa.inspect(db.engine).get_table_names()) >= set(Base.metadata.tables)
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite lets nobody else write meanwhile
def test_a_clerk_who_is_booked_while_the_stamps_come_has_one(empty_database: Callable[[str], str]) -> None:
    """The old code books on while the database is brought up; a clerk without a stamp would be offered as free."""
    url = empty_database("stamps")
    app, newer = create_app(settings_for(url)), create_app(settings_for(url))
    databases.migrate(app, "0008")
    with app.app_context():
        a_municipality()
        clerk = db.session.scalars(sa.select(Clerk.id)).one()
        db.session.rollback()
        with db.engine.connect() as writer, ThreadPoolExecutor(1) as beside:
            taken = {"clerk_id": clerk, "moment": int(NINE.timestamp()), "held_until": NINE}
            writer.execute(sa.insert(Cell.metadata.tables["cell"]).values(taken))
            coming = beside.submit(databases.migrate, newer)
            _wait_for_waiting(writer)
            writer.commit()
            coming.result()
        assert db.session.scalars(sa.select(ClerkStamp.clerk_id)).all() == [clerk]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_upgrade_waits_for_whoever_writes_and_holds_nothing_that_they_want(
    empty_database: Callable[[str], str],
) -> None:
    """A booking locks its office and then needs the tables that the upgrade changes before it comes to the offices."""
    url = empty_database("waits")
    app, newer = create_app(settings_for(url)), create_app(settings_for(url))
    databases.migrate(app, "0008")
    with app.app_context():
        a_municipality()
        with db.engine.connect() as writer, ThreadPoolExecutor(1) as beside:
            writer.execute(sa.update(Office).values(version=Office.version + 1))
            coming = beside.submit(databases.migrate, newer)
            _wait_for_waiting(writer, "office")
            writer.execute(sa.text("UPDATE letter SET kind = kind"))
            writer.execute(sa.text("UPDATE appointment SET status = status"))
            writer.commit()
            coming.result()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_upgrade_that_a_reader_stops_by_a_deadlock_is_run_again(empty_database: Callable[[str], str]) -> None:
    url = empty_database("readers")
    app, newer = create_app(settings_for(url)), create_app(settings_for(url))
    databases.migrate(app, "0008")
    with app.app_context():
        with db.engine.connect() as reader, ThreadPoolExecutor(1) as beside:
            reader.execute(sa.text("SET deadlock_timeout = '10min'"))  # it is the upgrade that shall find out
            reader.execute(sa.text(f"ALTER DATABASE {reader.engine.url.database} SET deadlock_timeout = '5s'"))
            reader.commit()
            reader.execute(sa.text("SELECT count(*) FROM appointment"))
            coming = beside.submit(databases.migrate, newer)
            _wait_for_waiting(reader, "appointment")
            reader.execute(sa.text("SELECT count(*) FROM letter"))
            reader.commit()
            coming.result()
        with db.engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == migrations()[-1]
        db.engine.dispose()


def _wait_for_waiting(connection: sa.Connection, table: str = "cell") -> None:
    """Wait until somebody waits for a lock on a table."""
    waits = sa.text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass")
    give_up = time.monotonic() + 30
    while not connection.execute(waits).scalar_one():
        assert time.monotonic() < give_up
        time.sleep(0.02)
