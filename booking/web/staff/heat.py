"""The heat map of an office's week: where each hour's square stands and how strong it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from booking.rules.figures import Slot, Use

DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
WIDE, HIGH, LEFT, TOP = 56, 32, 40, 28
STRONGEST = 0.55  # of the hue: the number on top stays readable in light and dark


@dataclass(frozen=True, slots=True)
class Square:
    """One hour: its corner, how full it was in percent, and the opacity that says so."""

    x: int
    y: int
    percent: int
    opacity: float


@dataclass(frozen=True, slots=True)
class Heat:
    """Squares with the labels of their rows (hours) and columns (weekdays), in the units of the drawing."""

    width: int
    height: int
    squares: tuple[Square, ...]
    days: tuple[tuple[int, str], ...]
    hours: tuple[tuple[int, str], ...]


def heat_of(use: Mapping[Slot, Use]) -> Heat:
    """Lay out the hours that there were; an hour without time has no square."""
    days, hours = sorted({day for day, _ in use}), sorted({hour for _, hour in use})
    at_x = {day: LEFT + place * WIDE for place, day in enumerate(days)}
    at_y = {hour: TOP + place * HIGH for place, hour in enumerate(hours)}
    return Heat(
        width=LEFT + len(days) * WIDE,
        height=TOP + len(hours) * HIGH,
        squares=tuple(_square(at_x[day], at_y[hour], *minutes) for (day, hour), minutes in use.items()),
        days=tuple((x + WIDE // 2, DAYS[day]) for day, x in at_x.items()),
        hours=tuple((y + HIGH // 2, str(hour)) for hour, y in at_y.items()),
    )


def _square(x: int, y: int, taken: int, available: int) -> Square:
    share = taken / available if available else 0
    return Square(x, y, round(100 * share), round(STRONGEST * min(1, share), 2))
