"""The free times of one office laid out for a page: a strip of days, and one day's times by part of day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

DAYS_AT_ONCE = 6
NOON, EVENING = 12, 17  # hours of the wall clock


@dataclass(frozen=True, slots=True)
class Day:
    """A day with free times."""

    date: date
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Days:
    """Some days beside each other, where to turn to (``earlier``, ``later``), and the chosen day's times.

    ``before`` and ``after`` are its neighbours with free times, ``count`` how many it has itself.
    ``parts`` maps morning, afternoon and evening to local times; parts without any are left out.
    """

    strip: tuple[Day, ...]
    earlier: date | None
    later: date | None
    chosen: date
    count: int
    before: date | None
    after: date | None
    parts: tuple[tuple[str, tuple[datetime, ...]], ...]


def lay_out(free: Sequence[tuple[date, Sequence[datetime]]], wanted: date | None) -> Days | None:
    """Lay out (day, its times) pairs around the wanted day, or the next one that has a time; None without any."""
    if not free:
        return None
    dates = [day for day, _ in free]
    place = next((place for place, day in enumerate(dates) if wanted is None or day >= wanted), len(dates) - 1)
    first = place - place % DAYS_AT_ONCE
    shown = free[first : first + DAYS_AT_ONCE]
    return Days(
        strip=tuple(Day(day, len(times), day == dates[place]) for day, times in shown),
        earlier=dates[max(first - DAYS_AT_ONCE, 0)] if first else None,
        later=dates[first + DAYS_AT_ONCE] if first + DAYS_AT_ONCE < len(dates) else None,
        chosen=dates[place],
        count=len(free[place][1]),
        before=dates[place - 1] if place else None,
        after=dates[place + 1] if place + 1 < len(dates) else None,
        parts=_parts(free[place][1]),
    )


def read_day(values: Sequence[str]) -> date | None:
    """Read the day of a form's fields: the last, a button's, after the one that is shown; else None."""
    try:
        return date.fromisoformat("".join(values[-1:]))
    except ValueError:
        return None


def _parts(times: Sequence[datetime]) -> tuple[tuple[str, tuple[datetime, ...]], ...]:
    named: dict[str, list[datetime]] = {"morning": [], "afternoon": [], "evening": []}
    for at in times:
        part = "morning" if at.hour < NOON else "afternoon" if at.hour < EVENING else "evening"
        named[part].append(at)
    return tuple((part, tuple(found)) for part, found in named.items() if found)
