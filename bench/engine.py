"""How long the pure engine takes for a month of starts: `python -m bench.engine`, and part of `make bench`.

Worker CPU per clerk and month, cases run in turn, so that neighbours on the machine disturb all of them alike.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from booking.rules.availability import Desk, DeskMask, mask_of, offered_starts
from booking.rules.blocks import Block, BlockKind, Choice, Timetable, open_cells, open_hours
from booking.rules.cells import WORD_SECONDS
from booking.rules.spans import GRID_SECONDS

AIM = 100
AIMED = ("from cells and words", "masks kept")
FIRST = date(2026, 11, 23)
DAYS = (FIRST, FIRST + timedelta(days=27))
ZONE = ZoneInfo("Europe/Berlin")
HOURS = ((8, 12), (13, 18))
CHOICE = Choice(1, frozenset({1}))
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU time per clerk-month in µs: the least, the middle and the most of all rounds."""

    case: str
    clerks: int
    least: float
    middle: float
    most: float

    def __str__(self) -> str:
        """One line of the printed table."""
        verdict = f"{self.middle / AIM:.2f} × the aim" if self.case in AIMED else "for comparison"
        return f"{self.case:34} {self.clerks:4} {self.least:8.1f} {self.middle:8.1f} {self.most:8.1f}  {verdict}"


def bench_engine(rounds: int = 15) -> list[Figure]:
    """Measure every case for 1, 10 and 100 clerks × 28 days × 16 appointments a day, and for empty calendars."""
    cases = [case for clerks in (1, 10, 100) for case in _cases(clerks)]
    taken: dict[tuple[str, int], list[float]] = {(name, clerks): [] for name, clerks, _ in cases}
    for _ in range(rounds):
        for name, clerks, run in cases:
            taken[name, clerks].append(_cpu(run, times=max(1, 40 // clerks)) / clerks)
    return [Figure(name, clerks, min(us), median(us), max(us)) for (name, clerks), us in taken.items()]


def _cases(clerks: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    dice = random.Random(clerks)
    timetable = Timetable(ZONE, [block for clerk in range(clerks) for block in _week(clerk)])
    busy = [_desk(timetable, clerk, dice, appointments=16) for clerk in range(clerks)]
    empty = [_desk(timetable, clerk, dice, appointments=0) for clerk in range(clerks)]
    kept, kept_empty = [mask_of(desk) for desk in busy], [mask_of(desk) for desk in empty]
    assert _starts(busy) == _starts(kept)
    yield "from cells and words", clerks, lambda: _starts(busy)
    yield "masks kept", clerks, lambda: _starts(kept)
    yield "empty calendar, from cells", clerks, lambda: _starts(empty)
    yield "empty calendar, masks kept", clerks, lambda: _starts(kept_empty)
    yield "hours from blocks (kept for a day)", clerks, lambda: _hours(timetable, clerks)


def _starts(desks: Sequence[Desk | DeskMask]) -> list[int]:
    return offered_starts(
        desks,
        minutes=15,
        useful_rest_minutes=10,
        lenient_before=NOW + timedelta(days=2),
        earliest=NOW,
    )


def _hours(timetable: Timetable, clerks: int) -> None:
    for clerk in range(clerks):
        open_hours(timetable, clerk, choice=CHOICE, days=DAYS)


def _week(clerk: int) -> list[Block]:
    """A clerk who receives people on all seven days, as the peers were measured."""
    return [
        Block(clerk, 1, BlockKind.ONLINE, datetime.min.time().replace(start), datetime.min.time().replace(end), day)
        for day in range(7)
        for start, end in HOURS
    ]


def _desk(timetable: Timetable, clerk: int, dice: random.Random, *, appointments: int) -> Desk:
    spans = open_hours(timetable, clerk, choice=CHOICE, days=DAYS)
    opened = open_cells(timetable, clerk, choice=CHOICE, days=DAYS)
    words: dict[int, int] = {}
    for morning, afternoon in zip(spans[::2], spans[1::2], strict=True):
        for moment in _taken([*morning.moments(), *afternoon.moments()], appointments, dice):
            number, bit = divmod(moment // GRID_SECONDS, WORD_SECONDS // GRID_SECONDS)
            words[number] = words.get(number, 0) | 1 << bit
    return Desk(clerk, 0, opened, tuple(words.items()))


def _taken(cells: list[int], appointments: int, dice: random.Random) -> set[int]:
    """Strew appointments of 10 to 30 minutes over a day: a raster of holes is the hardest case."""
    taken: set[int] = set()
    while appointments:
        start, length = dice.choice(cells), dice.choice((2, 2, 3, 3, 4, 5))
        own = {start + n * GRID_SECONDS for n in range(length)}
        if own <= set(cells) - taken:
            taken |= own
            appointments -= 1
    return taken


def _cpu(run: Callable[[], object], *, times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begun) / times * 1e6


def main() -> None:
    """Print the figures."""
    print(f"the engine, µs of CPU per clerk and 28 days; the aim is {AIM}")
    print(f"{'case':34} clerks      min   median      max")
    for figure in bench_engine():
        print(figure)


if __name__ == "__main__":
    main()
