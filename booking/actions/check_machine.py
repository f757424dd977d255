"""What ``doctor`` can tell of the machine: time zones, disk, folders, the database file."""

import os
import re
import shutil
import tempfile
import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy import select

from booking.actions.findings import Finding, note
from booking.extensions import db
from booking.models import Municipality

MB = 1024 * 1024
LEAST_FREE, LITTLE_FREE = 200 * MB, 1024 * MB
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"})
MOUNTS = Path("/proc/mounts")
OLDEST_ZONES = 2  # years: governments change their clocks with little notice


def check_machine(zones: Iterable[str], *, now: datetime) -> Iterator[Finding]:
    """Look at time zones (the municipalities', by name), room on disk and folders."""
    yield from _zones(zones, now)
    file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    folders = {Path(tempfile.gettempdir())} | ({Path(file).resolve().parent} if file else set())
    for folder in sorted(folders):
        yield from _folder(folder)
    if file:
        yield from _database_file(Path(file).resolve())


def unknown_zones() -> list[Finding]:
    """Name the municipalities whose catalogue cannot even be read: nobody knows what time it is there."""
    towns = db.session.execute(select(Municipality.slug, Municipality.timezone).order_by(Municipality.slug)).all()
    known = zoneinfo.available_timezones()
    return [
        Finding(
            f"{slug}: this machine does not know its time zone, and no page of it can be shown: install or update the "
            "package tzdata, or restore a backup that is whole."
        )
        for slug, zone in towns
        if zone not in known
    ]


def zones_of_year() -> int | None:
    """Return the year of the time zone data that is read: the machine's before the package's (zoneinfo's own order)."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Europe/Berlin").exists():
            for name in ("tzdata.zi", "+VERSION"):
                if (folder / name).exists() and (found := re.search(r"\b(20\d\d)[a-z]", _head(folder / name))):
                    return int(found[1])
            return None
    try:
        return int(metadata.version("tzdata").split(".")[0])
    except metadata.PackageNotFoundError:
        return None


def _head(file: Path) -> str:
    with file.open() as opened:
        return opened.readline()


def _zones(zones: Iterable[str], now: datetime) -> Iterator[Finding]:
    missing = sorted({"Europe/Berlin", *zones} - zoneinfo.available_timezones())
    if missing:
        yield Finding(f"The time zone data lacks {', '.join(missing)}: install the package tzdata.")
        return
    year = zones_of_year()
    if year is not None and year <= now.year - OLDEST_ZONES:
        yield note(f"The time zone data is of {year}: update tzdata, or hours may be wrong after a change of law.")


def _folder(folder: Path) -> Iterator[Finding]:
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(f"The folder {folder} cannot be written by this user: give it to whom the service runs as.")
        return  # it may not even be entered
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        yield Finding(f"Only {free // MB} MB are free in {folder}: make room, or bookings will be refused.")
    elif free < LITTLE_FREE:
        yield note(f"Only {free // MB} MB are free in {folder}.")


def _database_file(file: Path) -> Iterator[Finding]:
    if not os.access(file.parent, os.X_OK):
        return  # what the folder says is enough
    if file.exists() and file.stat().st_mode & 0o077:
        yield Finding(f"Other users of this machine may open {file}, with everybody's names: chmod 600 it.")
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        if each.exists() and not os.access(each, os.W_OK):
            yield Finding(f"{each} cannot be written by this user, nothing can be booked: give it to the service's.")
    kind = _file_system(file)
    if kind in NETWORK_FILE_SYSTEMS:
        yield Finding(f"{file} lies on a network file system ({kind}), where SQLite's locks fail: use PostgreSQL.")


def _file_system(file: Path) -> str:
    """Return the kind of file system that a file is on: of the mounts above it, the nearest."""
    if not MOUNTS.exists():
        return ""
    mounts = [line.split()[1:3] for line in MOUNTS.read_text().splitlines()]
    above = [(len(place), kind) for place, kind in mounts if file.is_relative_to(place)]
    return max(above)[1] if above else ""
