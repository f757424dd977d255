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
from booking.models import Cell, Clerk
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


def _wait_for_waiting(connection: sa.Connection) -> None:
    """Wait until somebody waits for a lock on the cells."""
    waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cell'::regclass")
    give_up = time.monotonic() + 30
    while not connection.execute(waits).scalar_one():
        assert time.monotonic() < give_up
        time.sleep(0.02)
