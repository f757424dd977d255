"""Delete backups whose time is over: they hold personal data, and outlive its deadline by no more than their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from booking.actions.backup_file import Unreadable, read_manifest
from booking.actions.unfinished import forget_unfinished, touched_at


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, how many backups stay, and what somebody has to look at.

    ``overdue`` is the newest backup if it is overdue and stayed all the same; ``misdated`` say that they were made
    later than now; ``unfinished`` were left by processes that were killed, and deleted.
    """

    deleted: Sequence[Path]
    kept: int
    overdue: Path | None
    misdated: Sequence[Path]
    unfinished: Sequence[Path]


def prune_backups(folder: Path, *, keep: timedelta, now: datetime) -> Pruned:
    """Delete the backups in a folder that were made longer ago than ``keep``; what is no backup of ours stays.

    The moment counts that stands in the backup itself: copying changes the file's. Only where it lies ahead, because a
    clock was wrong, the file's counts. The newest one stays even if it is overdue, because then nothing else is left to
    restore; the caller has to say so loudly.
    """
    told = _backups(folder)
    misdated = sorted(file for made_at, file in told if made_at > now)
    found = sorted((made_at if made_at <= now else touched_at(file), file) for made_at, file in told)
    overdue = [file for made_at, file in found if made_at < now - keep]
    spared = overdue.pop() if overdue and len(overdue) == len(found) else None
    for file in overdue:
        file.unlink()
    return Pruned(overdue, len(found) - len(overdue), spared, misdated, forget_unfinished(folder, now=now))


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
