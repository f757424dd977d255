"""Migrations: linear, there and back, and exactly the models."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade

from booking import create_app
from booking.extensions import Base, db
from tests import databases
from tests.conftest import settings_for


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory(databases.MIGRATIONS)
    assert len(scripts.get_heads()) == 1
    assert all(not isinstance(script.down_revision, tuple) for script in scripts.walk_revisions())


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
