"""The list of what must stay erased, kept outside the database: each line a reference and the day it was erased."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from booking.actions.backup_file import Unreadable
from booking.actions.tombstones import LONGEST_BACKUP, buried

_REFERENCE: Final = re.compile(r"[0-9A-Z]{1,12}")


def renewed_list(file: Path, *, now: datetime) -> Mapping[str, date]:
    """Return what is to stand in the list: what stands there, and what the database knows; nothing that is too old.

    The database alone does not do: the one that a lost one's place has taken knows of nobody yet. Raises Unreadable
    for a file that is no such list: it must not be overwritten.
    """
    found = read_list(file, now=now) if file.exists() else {}
    for reference, at in buried().items():
        found[reference] = max(at.date(), found.get(reference, date.min))
    oldest = (now - LONGEST_BACKUP).date()
    return {reference: day for reference, day in sorted(found.items()) if day >= oldest}


def read_list(file: Path, *, now: datetime) -> dict[str, date]:
    """Read the references with their days (UTC). Raises Unreadable.

    A line without its day, as the first lists had them, counts from today; so does what claims to come later.
    """
    try:
        return dict(_entry(line, now.date()) for line in file.read_text(encoding="ascii").splitlines())
    except ValueError:
        raise Unreadable(f"{file} is not a list by `backup erased`, of lines like 'ABC2346 2026-11-22'.") from None


def as_tombstones(listed: Mapping[str, date]) -> Mapping[str, datetime]:
    """Return the moments from which a restored database counts: the ends of the days, so that none is too soon."""
    return {reference: datetime.combine(day, time(23, 59, 59), UTC) for reference, day in listed.items()}


def _entry(line: str, today: date) -> tuple[str, date]:
    reference, *days = line.split()
    if not _REFERENCE.fullmatch(reference) or len(days) > 1:
        raise ValueError
    return reference, min([today, *map(date.fromisoformat, days)])
