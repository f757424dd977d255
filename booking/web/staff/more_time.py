"""How much longer a running visit may take: what its page offers, and who comes next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.rules.days import Day, Entry
from booking.rules.spans import GRID_SECONDS, instant_of

EXTENSIONS = (5, 10, 15)  # minutes


class Room(NamedTuple):
    """The ``minutes`` that can work, and what ends them: ``until`` when, ``following`` whom (None: another office)."""

    minutes: tuple[int, ...]
    until: datetime | None
    following: Entry | None


def rooms_of(day: Day, *, now: datetime) -> dict[int, Room]:
    """Return the room of every visit that is under way, by the entry's id."""
    return {entry.id: _room(day, entry, now) for entry in day.entries if entry.is_running and entry.end}


def _room(day: Day, entry: Entry, now: datetime) -> Room:
    assert entry.end is not None  # noqa: S101 - for the type checker
    begin = max(entry.end, instant_of(int(now.timestamp()) // GRID_SECONDS * GRID_SECONDS))
    ends = sorted(_ends(day, entry), key=lambda end: end[0])
    if not ends:
        return Room(EXTENSIONS, None, None)
    latest, until, following = ends[0]
    fitting = tuple(minutes for minutes in EXTENSIONS if begin + timedelta(minutes=minutes) <= latest)
    return Room(fitting, until, following)


def _ends(day: Day, entry: Entry) -> Iterator[tuple[datetime, datetime, Entry | None]]:
    """Yield what comes after it at each of its clerks: until when it may last, when that begins, who it is."""
    assert entry.start is not None  # noqa: S101 - likewise
    for column in day.columns:
        if column.clerk.id not in entry.clerks:
            continue
        after = timedelta(minutes=entry.after[entry.clerks.index(column.clerk.id)])
        for other in column.entries:
            if other.id != entry.id and other.start and other.start >= entry.start:
                yield other.start - after, other.start, other
        for at in column.elsewhere:
            if at.span.start >= entry.start:
                yield at.span.start - after, at.span.start, None
