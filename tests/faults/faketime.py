"""A process whose clock is wrong: libfaketime, preloaded into that process alone."""

import shutil
import subprocess
from pathlib import Path

import pytest


def library() -> str:
    """Return the path of libfaketime for programs with threads, as Debian's package says."""
    dpkg = shutil.which("dpkg")
    listed = subprocess.run([dpkg or "dpkg", "-L", "libfaketime"], capture_output=True, text=True, check=False)
    found = [line for line in listed.stdout.splitlines() if line.endswith("libfaketimeMT.so.1")]
    if not found or not Path(found[0]).exists():
        pytest.skip("libfaketime is missing; please type: apt-get install faketime")
    return found[0]


def off_by(shift: str) -> dict[str, str]:
    """Return what an environment needs so that its clock is off by ``shift``, such as ``+1h``."""
    return _preloaded(shift)


def beginning(moment: str) -> dict[str, str]:
    """Return what an environment needs so that its clock goes on from a UTC moment, ``2026-10-25 00:59:00``."""
    return _preloaded(f"@{moment}") | {"TZ": "UTC"}


def _preloaded(fake: str) -> dict[str, str]:
    # The monotonic clock stays true: with a false one Python's waits, which libfaketime cannot see, would last an hour
    # too long. Its time.sleep is mended in awake/. Files keep their true times: gunicorn sees by them who is alive.
    return {
        "LD_PRELOAD": library(),
        "FAKETIME": fake,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": str(Path(__file__).parent / "awake"),
    }
