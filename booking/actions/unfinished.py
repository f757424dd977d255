"""Files that are being written have names of their own; what a killed process leaves of them holds personal data."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

SUFFIX: Final = ".unfinished"
LONGEST_WRITE: Final = timedelta(days=1)
_NAME: Final = re.compile(rf"\..+\.[a-z0-9_]{{8}}{re.escape(SUFFIX)}")  # tempfile draws the eight letters


def prefix_of(name: str) -> str:
    """Return how the name of an unfinished file begins; eight letters and SUFFIX follow."""
    return f".{name}."


def forget_unfinished(folder: Path, *, now: datetime) -> list[Path]:
    """Delete what nobody has written to for a day, and return it."""
    left = [
        file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink()
    ]
    old = sorted(file for file in left if touched_at(file) < now - LONGEST_WRITE)
    for file in old:
        file.unlink(missing_ok=True)
    return old


def touched_at(file: Path) -> datetime:
    """Return the moment of the last write, as the file system knows it."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
