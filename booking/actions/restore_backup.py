"""Put a backup into the database: all of it or nothing, in one transaction that everybody else waits for."""

import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

from booking.actions.backup_file import Manifest, Unreadable, plain_column, rows_of, understood, verified
from booking.actions.catalogues import catalogue_by_id
from booking.actions.erase import Why, erase
from booking.actions.erase_expired import erase_expired
from booking.actions.hold_letters import hold_unsent
from booking.actions.make_backup import BATCH, NotReady, kept_tables
from booking.actions.migrating import NONE, bring_up_to_date, migrate, migration_of, migrations
from booking.actions.tombstones import bury_references, known_tombstones
from booking.actions.transaction import reads, writes
from booking.catalogue.formats import FORMATS
from booking.extensions import Base, db
from booking.models import Appointment, Clerk, Municipality, Office, Tombstone
from booking.models.cells import free_cells
from booking.models.stamps import ClerkStamp
from booking.rules.lifecycle import ACTIVE, CancelledBy, Status

# No counter rises so far between a backup and the loss of its database: what workers keep of that is stale for sure.
LEAP: Final = 1_000_000
GUARDED: Final = (
    "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid) ORDER BY c.relname"
)
# What SQLite says where its nameless file finds no room: it cannot write there, or not even make it.
NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})


class NotEmpty(Exception):  # noqa: N818 - says what to do, as the refusals of booking.errors do
    """The database holds something already, and nobody said that it may be replaced."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: letters held, appointments erased again as they had been, and by the retention sweep."""

    manifest: Manifest
    held: int
    erased_again: int
    swept: int


def restore_backup(
    file: Path, *, now: datetime, replace: bool, erased: Mapping[str, datetime] | None = None
) -> Restored:
    """Replace everything in the database by what a backup holds.

    An older backup's tables are migrated first. Nobody stays logged in, no letter leaves before it is released, and
    what was erased on request stays so: the references in ``erased``, and those that the replaced database knows, each
    with its moment.
    Raises Unreadable, NotEmpty (unless ``replace``), NotReady for what a newer program wrote, Unavailable; then all is
    as it was.
    """
    manifest = verified(file)
    if manifest.migration not in migrations():
        raise NotReady(f"The backup was made by a newer version ({manifest.version}): install that one first.")
    _refuse_unless_replaceable(replace=replace)
    with _staged(file, manifest) as staging:
        bring_up_to_date()
        try:
            held, erased_again = _replace(staging, erased or {}, now=now)
        except (IntegrityError, DataError) as problem:  # what the staging database did not mind, or not there
            name = type(problem).__name__
            raise Unreadable(f"{file} holds a row that this database cannot hold ({name}).") from None
    # After the commit: a town that cannot be swept must not undo a restore. Killed here, the job sweeps in its place.
    return Restored(manifest, held, erased_again, erase_expired(now=now))


def _refuse_unless_replaceable(*, replace: bool) -> None:
    present, is_empty = _look()
    if present not in {NONE, *migrations()}:
        raise NotReady(f"The database is at migration {present}, which this version does not know.")
    if not (is_empty or replace):
        raise NotEmpty("The database is not empty: --force replaces everything that is in it.")


@reads
def _look() -> tuple[str, bool]:
    connection = db.session.connection()
    present = migration_of(connection)
    is_empty = present == NONE or not any(
        connection.scalar(select(sa.exists().select_from(sa.table(name)))) for name in ("municipality", "login")
    )
    db.session.rollback()
    return present, is_empty


@contextmanager
def _staged(file: Path, manifest: Manifest) -> Iterator[Connection]:
    """Load the backup into a database of its own and migrate it there, whatever migration it comes from.

    SQLite's private temporary database: in memory, spilling to a nameless file. A killed restore leaves no trace.
    """
    nameless = {"creator": lambda: sqlite3.connect(""), "poolclass": StaticPool}
    engine = create_engine("sqlite://", **nameless, hide_parameters=True)
    try:
        with engine.connect() as connection:
            try:
                _lay_out(file, manifest, connection)
            except OperationalError as problem:
                if getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF not in NO_ROOM:  # the low byte: the primary code
                    raise
                raise NotReady(
                    f"The backup cannot be laid out ({problem.orig}). SQLite does that in TMPDIR, or else in /var/tmp: "
                    "make room there, or set TMPDIR to a folder that has it. Nothing was changed."
                ) from None
            yield connection
    finally:
        engine.dispose()


def _lay_out(file: Path, manifest: Manifest, staging: Connection) -> None:
    if manifest.migration == migrations()[-1]:
        Base.metadata.create_all(staging)  # the same tables, a second sooner
        _load(file, manifest, staging)
    else:
        migrate(staging, manifest.migration)
        _load(file, manifest, staging)
        migrate(staging, migrations()[-1])
        staging.commit()
    for town, zone in staging.execute(select(Municipality.id, Municipality.timezone)):
        if FORMATS["timezone"](zone):  # no page of that town could tell a time
            raise Unreadable(
                f"{file}, municipality {town}: column timezone holds no time zone that this machine knows; if the "
                "package tzdata is old, update it."
            )


def _load(file: Path, manifest: Manifest, staging: Connection) -> None:
    found = MetaData()
    found.reflect(staging)
    with understood(f"{file} holds a row that its table cannot hold"), zipfile.ZipFile(file) as archive:
        for name, part in manifest.tables.items():
            if name not in found.tables or not set(part.columns) <= set(found.tables[name].columns.keys()):
                raise Unreadable(f"{file} holds a table or column that migration {manifest.migration} does not have.")
            columns = [plain_column(each, found.tables[name].columns[each].type) for each in part.columns]
            rows = rows_of(archive, name, columns)
            while batch := list(islice(rows, BATCH)):
                staging.execute(insert(sa.table(name, *columns)), batch)
    staging.commit()


@writes
def _replace(staging: Connection, erased: Mapping[str, datetime], *, now: datetime) -> tuple[int, int]:
    connection = db.session.connection()
    tombstones = {**erased, **known_tombstones()}
    leap = LEAP + _highest()
    with _emptied(connection):
        for table in kept_tables():
            _copy(table, staging, connection)
    _raise_counters(leap)
    bury_references(tombstones)
    return hold_unsent(now), _bury_again(now)


@contextmanager
def _emptied(connection: Connection) -> Iterator[None]:
    """Empty every table, past the triggers that keep the audit log and count changes; afterwards they stand again."""
    tables = Base.metadata.sorted_tables
    if connection.dialect.name == "postgresql":
        quoted = connection.dialect.identifier_preparer.quote
        guarded = [quoted(name) for name in connection.scalars(sa.text(GUARDED))]
        for name in guarded:
            connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        # One statement locks them all: nobody reads half a town, and nobody writes into what is being replaced.
        connection.exec_driver_sql(f"TRUNCATE {', '.join(quoted(each.name) for each in tables)}")
        yield
        for name in guarded:
            connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        _count_on(connection)
        return
    guards = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in guards:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for each in reversed(tables):
        connection.execute(each.delete())
    yield
    for _, statement in guards:
        connection.exec_driver_sql(statement)


def _copy(table: Table, staging: Connection, connection: Connection) -> None:
    columns = [plain_column(each.name, each.type) for each in table.columns]
    rows = staging.execution_options(yield_per=BATCH).execute(select(*columns).select_from(table))
    for batch in rows.mappings().partitions():
        connection.execute(insert(sa.table(table.name, *columns)), [dict(row) for row in batch])


def _count_on(connection: Connection) -> None:
    """Have PostgreSQL's counters of ids go on after the highest that was restored."""
    for table in kept_tables():
        key: Any = table.autoincrement_column
        if key is None or not connection.scalar(select(sa.func.pg_get_serial_sequence(table.name, key.name))):
            continue
        highest = select(sa.func.coalesce(sa.func.max(key), 0) + 1).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, key.name)
        connection.execute(select(sa.func.setval(sequence, highest, sa.false())))


def _highest() -> int:
    """Return the highest counter of the database that is replaced: a worker may have seen it."""
    counters = (Office.version, Municipality.revision, ClerkStamp.stamp)
    return max(db.session.scalar(select(sa.func.max(counter))) or 0 for counter in counters)


def _raise_counters(leap: int) -> None:
    """Leave every worker's kept answers behind: the backup's counters may be what they saw with other contents."""
    db.session.execute(update(Office).values(version=Office.version + leap))
    db.session.execute(update(Municipality).values(revision=Municipality.revision + leap))
    stamps = select(Clerk.id, sa.literal(leap, sa.BigInteger))
    db.session.execute(insert(ClerkStamp).from_select(["clerk_id", "stamp"], stamps))


def _bury_again(now: datetime) -> int:
    """Erase what the backup brought back though somebody had asked that it go; first cancel what was to come."""
    risen = select(Appointment).join(Tombstone, Tombstone.reference == Appointment.reference)
    found = db.session.scalars(risen.order_by(Appointment.id)).all()
    upcoming = [row for row in found if row.status in ACTIVE and (row.start is None or row.start > now)]
    for row in upcoming:
        row.status, row.cancelled_by, row.changed_at = Status.CANCELLED.value, CancelledBy.CITIZEN.value, now
    db.session.flush()
    free_cells([row.id for row in upcoming])
    for municipality in sorted({row.municipality_id for row in found}):
        ids = [row.id for row in found if row.municipality_id == municipality]
        erase(catalogue_by_id(municipality), ids, Why(requested=len(ids)), now=now)
    return len(found)
