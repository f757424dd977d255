"""The file of a backup: a zip archive with a manifest and, for each table, its rows as lines of JSON."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any, Final, cast

from sqlalchemy import JSON, ColumnClause, column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

FORMAT: Final = "wartefrei-backup-1"
MANIFEST: Final = "manifest.json"
LONGEST_MANIFEST: Final = 1_000_000  # bytes; ours have some 10,000
LONGEST_LINE: Final = 16_000_000  # bytes; a catalogue has at most 2 MB, a logo 64 kB


class Unreadable(Exception):  # noqa: N818 - says what is wrong, as the refusals of booking.errors do
    """The file is not a whole backup of ours."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table in the file: its columns in the order of each line, the number of lines and their SHA-256."""

    columns: Sequence[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself: the program's version, the migration of its tables, and when it was made."""

    version: str
    migration: str
    made_at: datetime
    tables: Mapping[str, Part]

    @property
    def rows(self) -> int:
        """The number of rows in all tables."""
        return sum(part.rows for part in self.tables.values())


def write_part(archive: zipfile.ZipFile, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Part:
    """Write the rows of one table, each with its values in the order of the columns."""
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(table), "w", force_zip64=True) as opened:
        for row in rows:
            line = json.dumps([_encoded(value) for value in row], ensure_ascii=False, separators=(",", ":")).encode()
            opened.write(line + b"\n")
            digest.update(line + b"\n")
            count += 1
    return Part(tuple(columns), count, digest.hexdigest())


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write it last: it counts what was written before."""
    told = asdict(manifest) | {"format": FORMAT, "made_at": manifest.made_at.isoformat()}
    archive.writestr(MANIFEST, json.dumps(told, indent=1))


def read_manifest(file: Path) -> Manifest:
    """Read what a backup says about itself, without looking at its rows. Raises Unreadable."""
    with understood(f"{file} is not a backup of Wartefrei"), zipfile.ZipFile(file) as archive:
        return _manifest(archive)


def verified(file: Path) -> Manifest:
    """Read a backup from end to end and compare every table with its checksum. Raises Unreadable."""
    manifest = read_manifest(file)
    for table, part in manifest.tables.items():
        with understood(f"{file} is damaged: table {table} cannot be read"), zipfile.ZipFile(file) as archive:
            if _counted(archive, table) != (part.rows, part.sha256):
                raise Unreadable(f"{file} is damaged: table {table} is not what was written.")
    return manifest


@contextmanager
def understood(sentence: str) -> Iterator[None]:
    """Turn whatever an odd file brings about into Unreadable with this beginning of a sentence."""
    try:
        yield
    except (Unreadable, OperationalError):  # the latter: a full disk is not the file's fault
        raise
    except Exception as problem:  # noqa: BLE001 - zipfile, its unpackers and json know a dozen kinds, none of them named
        raise Unreadable(f"{sentence} ({type(problem).__name__}).") from None


def rows_of(archive: zipfile.ZipFile, table: str, columns: Sequence[ColumnClause[Any]]) -> Iterator[dict[str, Any]]:
    """Read the rows of a table as its columns' types want them; ``columns`` stand in the order of the lines.

    Raises Unreadable for a value of another type, and does not repeat it: it may be somebody's name.
    """
    named = [(each.name, _decoder(each.type)) for each in columns]
    with archive.open(_member(table)) as opened:
        for number, line in enumerate(_lines(opened), start=1):
            values, row = json.loads(line), {}
            if not isinstance(values, list) or len(values) != len(named):
                raise ValueError
            for (name, decode), value in zip(named, values, strict=True):
                try:
                    row[name] = decode(value)
                except (TypeError, ValueError):
                    where = f"{archive.filename}, row {number} of table {table}"
                    raise Unreadable(f"{where}: column {name} cannot hold its value.") from None
            yield row


def plain_column(name: str, kind: TypeEngine[Any]) -> ColumnClause[Any]:
    """Return a column for reading and writing rows as they are: an absent JSON value stays NULL, not JSON's null."""
    if isinstance(kind, JSON):
        kind = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    return column(name, kind)


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
        raise ValueError
    told = json.loads(archive.read(MANIFEST))
    made_at = datetime.fromisoformat(told["made_at"])
    if told["format"] != FORMAT or made_at.tzinfo is None:
        raise ValueError
    tables = {name: Part(tuple(part["columns"]), part["rows"], part["sha256"]) for name, part in told["tables"].items()}
    return Manifest(told["version"], told["migration"], made_at, tables)


def _counted(archive: zipfile.ZipFile, table: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(table)) as opened:
        for line in _lines(opened):
            digest.update(line)
            count += 1
    return count, digest.hexdigest()


def _lines(opened: IO[bytes]) -> Iterator[bytes]:
    """Read line by line, and never more at once than any line of ours has: a packed file may hold one without end."""
    lines = io.BufferedReader(cast("io.RawIOBase", opened))
    while line := lines.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ValueError
        yield line


def _member(table: str) -> str:
    return f"{table}.jsonl"


def _encoded(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


_DECODERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    bytes: base64.b64decode,
}
_WRITTEN_AS: Final[Mapping[type, tuple[type, ...]]] = {bool: (bool,), int: (int,), float: (float, int)}  # others: text


def _decoder(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """Return what turns a value of the file into its column's; SQLite would take a name for a number as it is."""
    if isinstance(kind, JSON):
        return lambda value: value
    written_as, decode = _WRITTEN_AS.get(kind.python_type, (str,)), _DECODERS.get(kind.python_type)

    def decoded(value: Any) -> Any:
        if value is not None and type(value) not in written_as:  # not isinstance: true is a number, too
            raise TypeError
        return value if decode is None or value is None else decode(value)

    return decoded
