"""How one key of an entry in the file is read from a row and written to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from booking.catalogue.entries import Entry


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that others refer to, by section and id in the file."""

    rows: Mapping[str, Mapping[str, Any]]

    def row(self, section: str, slug: str) -> Any:
        """Return a row by its id in the file; a checked file names only what is there."""
        return self.rows[section][slug]

    def slug(self, section: str, key: int) -> str:
        """Return the id in the file for a database key."""
        return next(slug for slug, row in self.rows[section].items() if row.id == key)


@dataclass(frozen=True, slots=True)
class Field:
    """The two directions of one key. None stands for a key that the file does not have."""

    read: Callable[[Any, Known], Any]
    write: Callable[[Any, Any, Known], None]


def column(name: str, empty: Callable[[], object] = str) -> Field:
    """A key that is a column of the same meaning; ``empty`` makes what the column holds when the file says nothing."""

    def write(row: Any, value: Any, _known: Known) -> None:
        setattr(row, name, empty() if value is None else value)

    return Field(lambda row, _known: getattr(row, name), write)


def parts(columns: Mapping[str, str], empty: Callable[[], object] = str) -> Field:
    """A map whose keys are columns of the row."""

    def read(row: Any, _known: Known) -> Entry:
        return {key: getattr(row, name) for key, name in columns.items()}

    def write(row: Any, value: Entry | None, _known: Known) -> None:
        for key, name in columns.items():
            setattr(row, name, (value or {}).get(key, empty()))

    return Field(read, write)


def nothing() -> None:
    """What a nullable column holds when the file says nothing."""


def yes() -> bool:
    """What a switch is when the file says nothing, where that is on."""
    return True
