"""A file system of a few megabytes for a tablespace: a disk that becomes full at once. Only root may mount one."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres


@contextlib.contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount a tmpfs of this size that belongs to PostgreSQL's account; skip where the machine does not allow it."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "wartefrei-test", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        place.rmdir()
        pytest.skip(f"this machine lets us mount no small file system: {mounted.stderr.strip()}")
    try:
        account = postgres._account()
        if account:
            os.chown(place, account["user"], account["group"])
        place.chmod(0o700)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def fill(place: Path) -> Path:
    """Fill the file system to its last byte with one file, and name it."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast
