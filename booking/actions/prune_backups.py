"""Delete backups whose time is over: they hold personal data, and outlive its deadline by no more than their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from booking.actions.backup_file import Unreadable, read_manifest


@dataclass(frozen=True, slots=True)
class Pruned:
    """Which backups were deleted, how many stay, and the newest one if it is overdue and stayed all the same."""

    deleted: Sequence[Path]
    kept: int
    overdue: Path | None


def prune_backups(folder: Path, *, keep: timedelta, now: datetime) -> Pruned:
    """Delete the backups in a folder that were made longer ago than ``keep``; what is no backup of ours stays.

    The moment counts that stands in the backup itself: copying changes the file's. The newest one stays even if it is
    overdue, because then nothing else is left to restore; the caller has to say so loudly.
    """
    found = sorted(_backups(folder))
    overdue = [file for made_at, file in found if made_at < now - keep]
    spared = overdue.pop() if overdue and len(overdue) == len(found) else None
    for file in overdue:
        file.unlink()
    return Pruned(overdue, len(found) - len(overdue), spared)


def _backups(folder: Path) -> list[tuple[datetime, Path]]:
    found = []
    for file in folder.iterdir():
        if not file.is_file() or file.is_symlink():
            continue
        try:
            found.append((read_manifest(file).made_at, file))
        except Unreadable:
            continue
    return found
