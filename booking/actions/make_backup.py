"""Write a backup while the service runs: every table as it stood at one moment, on both engines alike."""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final

from sqlalchemy import Connection, Table, select

from booking.actions.backup_file import Manifest, Part, plain_column, write_manifest, write_part
from booking.actions.migrating import migration_of, migrations
from booking.actions.transaction import reads
from booking.extensions import Base, db
from booking.models import HashKey
from config import VERSION

LEFT_OUT: Final = {
    "clerk_stamp": "a restore gives every clerk a new one",
    "heartbeat": "tells of processes, not of data",
    "link_asking": "an hour's counting of networks, by a key that is not backed up",
    "link_request": "answered within seconds; who asked has stopped waiting",
    "login_attempt": "an hour's counting of networks, by a key that is not backed up",
    "login_session": "a restore logs everybody out",
    "replay": "answers to repeated questions of one day, which nobody asks again",
    "undo": "open for a minute",
    "used_proof": "lapses within minutes",
    "vain_search": "counted for an hour",
}
BATCH: Final = 1000


class NotReady(Exception):  # noqa: N818 - says what to do, as the refusals of booking.errors do
    """The database lacks the tables of this program, or has those of a newer one."""


@reads
def make_backup(file: IO[bytes], *, now: datetime) -> Manifest:
    """Write all tables as they stand at one moment into an open file. Bookings go on meanwhile.

    The keys of networks' hashes are left out: without them their hashes say nothing (design.md §6), and so is what
    ``LEFT_OUT`` lists. Raises NotReady unless the database is at this program's migration.
    """
    file.seek(0)
    file.truncate()  # a first attempt may have lost its connection half way
    with _snapshot() as connection, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        migration = migration_of(connection)
        if migration != migrations()[-1]:
            there = f"is at migration {migration}" if migration else "has no tables"
            raise NotReady(
                f"The database {there}, this program is at {migrations()[-1]}: run 'flask --app wsgi db upgrade'."
            )
        tables = {table.name: _write(archive, table, connection) for table in kept_tables()}
        manifest = Manifest(VERSION, migration, now, tables)
        write_manifest(archive, manifest)
    return manifest


def kept_tables() -> list[Table]:
    """Return the tables that backups hold, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _snapshot() -> Connection:
    """Return a connection whose one transaction sees one moment (SQLite's do in WAL, PostgreSQL's when asked)."""
    connection = db.engine.connect()
    if db.engine.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection.execution_options(yield_per=BATCH)


def _write(archive: zipfile.ZipFile, table: Table, connection: Connection) -> Part:
    columns = [each.name for each in table.columns]
    return write_part(archive, table.name, columns, _rows(table, connection))


def _rows(table: Table, connection: Connection) -> Iterator[Any]:
    typed = [plain_column(each.name, each.type) for each in table.columns]
    query = select(*typed).select_from(table).order_by(*table.primary_key.columns)
    if table.name == HashKey.__tablename__:
        query = query.where(~HashKey.purpose.startswith("network:"))
    yield from connection.execute(query)
