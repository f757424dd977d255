"""The folder in which the workers of one gunicorn share their figures: prometheus_client wants one for them alone."""

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported
PREFIX: Final = "wartefrei-metrics-"
_OURS: Final = re.compile(re.escape(PREFIX) + r"([0-9]+)-\w+", re.ASCII)


def prepare(folder: Path | None = None) -> Path:
    """Name this process's folder to prometheus_client, made anew, and clear away those of processes that were killed.

    A reload (HUP) reads the configuration again and keeps the folder; an upgrade (USR2) inherits the old master's
    environment, but not its figures.
    """
    folder = folder or Path(tempfile.gettempdir())
    here = Path(os.environ.get(VARIABLE, ""))
    if _owner(here) == os.getpid() and here.is_dir():
        return here
    for left in sorted(folder.glob(f"{PREFIX}*")):
        owner = _owner(left)
        if owner is not None and not _lives(owner) and _is_ours(left):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder))
    os.environ[VARIABLE] = str(made)
    return made


def refuse_missing() -> None:
    """End a process that others named a folder to which it cannot write, in a sentence: the first counter wants it."""
    here = os.environ.get(VARIABLE)
    if here and not os.access(f"{here}/.", os.W_OK | os.X_OK):
        raise SystemExit(
            f"{VARIABLE} must be a folder that is there and may be written to: leave it unset, gunicorn makes one."
        )


def clear() -> None:
    """Remove this process's folder; a worker that merely inherited its name leaves it alone."""
    here = Path(os.environ.get(VARIABLE, ""))
    if _owner(here) == os.getpid():
        shutil.rmtree(here, ignore_errors=True)


def _owner(path: Path) -> int | None:
    found = _OURS.fullmatch(path.name)
    return int(found[1]) if found else None


def _is_ours(left: Path) -> bool:
    """Whether it is a folder of this user's, and no link; another process may just have cleared it away."""
    try:
        found = left.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
