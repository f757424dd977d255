"""When an office is booked so much more than usual that programs are likely at work, and for how long that counts.

The band: of the same hour of the week in the past eight weeks (with its two neighbours, because summer time shifts it)
the median counts, so that three weeks of attacks do not become usual. Three times that is the limit, and never less
than the policy's ``proof_above``. Over the limit abuse mode begins; it goes on while an hour holds more than half of
the limit, and ends half an hour after that was last so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median_low

HOUR, WEEK, WEEKS = 3600, 7 * 24 * 3600, 8
FACTOR = 3
CALM = timedelta(minutes=30)
SHORTEST_DELAY, LONGEST_DELAY = timedelta(minutes=5), timedelta(minutes=60)  # of freed times, in abuse mode
SOON = timedelta(hours=24)  # a start this near is never held back: it would go unused


def hour_of(now: datetime) -> int:
    """Return the hour of a moment, as Unix seconds."""
    return int(now.timestamp()) // HOUR * HOUR


def hours_to_compare(hour: int) -> list[int]:
    """Return the hours that tell what is usual in this one."""
    return [hour - week * WEEK + shift for week in range(1, WEEKS + 1) for shift in (-HOUR, 0, HOUR)]


def usual(hour: int, counts: Mapping[int, int]) -> int:
    """Return what is usual in an hour; ``counts`` holds those of ``hours_to_compare`` in which there was anything."""
    weeks = [
        max(counts.get(hour - week * WEEK + shift, 0) for shift in (-HOUR, 0, HOUR)) for week in range(1, WEEKS + 1)
    ]
    return median_low(weeks)


def limit_over(usually: int, floor: int) -> int:
    """Return how much an hour may hold before abuse mode begins."""
    return max(floor, FACTOR * usually)


def prolongs(count: int, limit: int, *, is_on: bool) -> bool:
    """Whether an hour's count begins abuse mode or, where it is on, keeps it on."""
    return count > (limit // 2 if is_on else limit)


def needs_writing(until: datetime | None, now: datetime) -> bool:
    """Whether a mode that shall last ``CALM`` from now has to be written: not with every booking of a rush."""
    return until is None or until < now + CALM / 2
