"""Migrations only add: the release before serves on while the next one's tables are already there.

A step that takes away names what and since which release no code uses it: ``contracts = {"letter.held_at": "1.4"}``
(docs/decisions/2026-11-22-deploying-without-a-pause.md).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from booking import create_app
from booking.extensions import db
from tests import databases
from tests.conftest import settings_for

FIRST = "0009"  # before the first release with a deployment that goes on
DELETED = {"appointment", "letter", "clerk", "block", "cell"}  # whose rows the release before may delete


@dataclass(frozen=True)
class Schema:
    """What code relies on: its columns by name, the rules on its tables, and who refers to whose rows."""

    columns: dict[str, sa.engine.interfaces.ReflectedColumn]
    rules: frozenset[str]
    references: frozenset[str]

    @property
    def tables(self) -> set[str]:
        return {name.partition(".")[0] for name in self.columns}


def schema_of(connection: sa.Connection) -> Schema:
    look = sa.inspect(connection)
    columns, rules, references = {}, set(), set()
    for table in look.get_table_names():
        columns |= {f"{table}.{column['name']}": column for column in look.get_columns(table)}
        rules |= {f"{table}: unique {sorted(rule['column_names'])}" for rule in look.get_unique_constraints(table)}
        rules |= {f"{table}: unique {rule['column_names']}" for rule in look.get_indexes(table) if rule["unique"]}
        rules |= {f"{table}: check {rule['name']} {rule['sqltext']}" for rule in look.get_check_constraints(table)}
        for key in look.get_foreign_keys(table):
            if not key.get("options", {}).get("ondelete"):
                references.add(f"{table}.{key['constrained_columns'][0]} → {key['referred_table']}")
    return Schema(columns, frozenset(rules), frozenset(references))


def taken_away(before: Schema, after: Schema) -> list[str]:
    """Say what code written for ``before`` misses, or trips over, in ``after``."""
    return [*_missed(before, after), *_in_the_way(before, after)]


def _missed(before: Schema, after: Schema) -> Iterator[str]:
    for name, old in before.columns.items():
        new = after.columns.get(name)
        if new is None:
            yield f"{name} is gone"
        elif old["nullable"] and not new["nullable"]:
            yield f"{name} may be empty no more"
        elif _width(new) < _width(old):
            yield f"{name} is narrower"
        elif old["default"] is not None and new["default"] is None:
            yield f"{name} has lost its default"


def _in_the_way(before: Schema, after: Schema) -> Iterator[str]:
    for name in sorted(after.columns.keys() - before.columns.keys()):
        is_needed = not after.columns[name]["nullable"] and after.columns[name]["default"] is None
        if is_needed and name.partition(".")[0] in before.tables:
            yield f"{name} must be filled by code that does not know it"
    for rule in sorted(after.rules - before.rules):
        if rule.partition(":")[0] in before.tables:
            yield f"{rule} is a new rule"
    for reference in sorted(after.references - before.references):
        if reference.rpartition(" ")[2] in DELETED & before.tables:
            yield f"{reference} keeps rows from being deleted: ON DELETE CASCADE or SET NULL"


def _width(column: sa.engine.interfaces.ReflectedColumn) -> float:
    return getattr(column["type"], "length", None) or float("inf")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_migration_takes_away_what_the_release_before_uses(empty_database: Callable[[str], str]) -> None:
    app = create_app(settings_for(empty_database("expanding")))
    steps = list(ScriptDirectory(databases.MIGRATIONS).walk_revisions())[::-1]
    first = next(number for number, step in enumerate(steps) if step.revision == FIRST)
    databases.migrate(app, steps[first - 1].revision)
    before = _look(app)
    for step in steps[first:]:
        databases.migrate(app, step.revision)
        after = _look(app)
        allowed = getattr(step.module, "contracts", {})
        found = [fault for fault in taken_away(before, after) if fault.split()[0] not in allowed]
        assert found == [], f"{step.revision}: {found}"
        before = after


def _look(app: Flask) -> Schema:
    with app.app_context(), db.engine.connect() as connection:
        found = schema_of(connection)
    with app.app_context():
        db.engine.dispose()
    return found


# SQLite itself would refuse it on a table that is there; Alembic makes such a table anew.
NEEDED = "DROP TABLE people; CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER NOT NULL)"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("ALTER TABLE people RENAME COLUMN name TO called", r"people.name is gone"),
        ("ALTER TABLE people DROP COLUMN name", r"people.name is gone"),
        ("ALTER TABLE people ADD COLUMN age INTEGER NOT NULL DEFAULT 0", ""),
        ("ALTER TABLE people ADD COLUMN age INTEGER", ""),
        (NEEDED, r"people.age must be filled"),
        ("CREATE UNIQUE INDEX one ON people (name)", r"new rule"),
        ("CREATE INDEX many ON people (name)", ""),
        ("DROP TABLE letter", r"letter.id is gone"),
        ("CREATE TABLE stamp (letter_id INTEGER REFERENCES letter (id))", r"keeps rows from being deleted"),
        ("CREATE TABLE stamp (one INTEGER, FOREIGN KEY(one) REFERENCES letter (id) ON DELETE CASCADE)", ""),
        ("CREATE TABLE stamp (id INTEGER NOT NULL, UNIQUE (id))", ""),
    ],
)
def test_what_counts_as_taking_away(change: str, fault: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20))")
        connection.exec_driver_sql("CREATE TABLE letter (id INTEGER PRIMARY KEY)")
        before = schema_of(connection)
        for statement in change.split("; "):
            connection.exec_driver_sql(statement)
        found = taken_away(before, schema_of(connection))
    engine.dispose()
    assert bool(found) == bool(fault)
    assert not fault or re.search(fault, found[0])
