"""How full a clerk's month gets, by which starts are offered: `make fill`, on the project's own rules.

People come one after another, each with a duration and a wish somewhere in the month, and take the offered start that
is nearest to it; some cancel later. Every way of offering meets the same people.
"""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

from booking.rules.availability import Desk, DeskMask, choose_clerk, mask_of, offered_starts
from booking.rules.blocks import Block, BlockKind, Choice, Timetable, open_cells
from booking.rules.cells import cells, every, moments_of, runs
from booking.rules.spans import GRID_MINUTES, GRID_SECONDS, instant_of

MINUTES, SHARES = (10, 15, 20, 25, 30), (30, 35, 20, 10, 5)
MEAN_MINUTES = 16.25
CANCELLED = 0.08
USEFUL_REST = 10
MONDAY = date(2027, 1, 11)
HOURS = ((time(8, 30), time(12)), (time(13), time(15, 30)))
LONG_AGO, FAR_AWAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
DEMANDS = (1.0, 1.5, 3.0)

Offer = Callable[[Sequence[DeskMask], int], list[int]]


def quarter_hours(desks: Sequence[DeskMask], minutes: int) -> list[int]:
    """Every quarter of an hour on the clock at which the visit fits: the usual way."""
    fitting = _all_that_fit(desks, minutes)
    return [start for start in fitting if start % 900 == 0]


def snug(desks: Sequence[DeskMask], minutes: int) -> list[int]:
    """From the beginning of each free stretch in steps of the duration."""
    length, union = cells(minutes), 0
    for desk in desks:
        fitting = runs(desk.free, length)
        union |= every(length, first=fitting & ~(desk.free << 1), inside=fitting)
    return moments_of(union, desks[0].base)


def gapless(desks: Sequence[DeskMask], minutes: int) -> list[int]:
    """What Wartefrei offers far ahead."""
    return offered_starts(
        desks, minutes=minutes, useful_rest_minutes=USEFUL_REST, lenient_before=LONG_AGO, earliest=LONG_AGO
    )


def lenient(desks: Sequence[DeskMask], minutes: int) -> list[int]:
    """What Wartefrei offers on near days."""
    return offered_starts(
        desks, minutes=minutes, useful_rest_minutes=USEFUL_REST, lenient_before=FAR_AWAY, earliest=LONG_AGO
    )


OFFERS: dict[str, Offer] = {
    "every quarter of an hour": quarter_hours,
    "snug: in steps of the duration": snug,
    "gapless (Wartefrei, far ahead)": gapless,
    "gapless, else the beginning (near)": lenient,
}


def _all_that_fit(desks: Sequence[DeskMask], minutes: int) -> list[int]:
    union = 0
    for desk in desks:
        union |= runs(desk.free, cells(minutes))
    return moments_of(union, desks[0].base)


@dataclass(frozen=True, slots=True)
class Person:
    """Who wants how many minutes when; ``cancels_after`` counts the people who come in between, if ever."""

    minutes: int
    wish: int
    cancels_after: int | None


@dataclass(slots=True)
class Month:
    """The clerks' calendars while people book them."""

    desks: dict[int, DeskMask]
    load: Counter[tuple[int, int]] = field(default_factory=Counter)
    cancellations: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def book(self, start: int, person: Person, now: int) -> None:
        """Give the start to the clerk whom the rules choose."""
        day = start // 86400
        load = {clerk: self.load[clerk, day] for clerk in self.desks}
        clerk = choose_clerk(
            self.desks.values(), instant_of(start), person.minutes, useful_rest_minutes=USEFUL_REST, load=load
        )
        assert clerk is not None, "an offered start could not be booked"
        desk = self.desks[clerk]
        own = ((1 << cells(person.minutes)) - 1) << ((start - desk.base) // GRID_SECONDS)
        assert not desk.owned & own, "a cell was booked twice"
        self.desks[clerk] = replace(desk, owned=desk.owned | own)
        self.load[clerk, day] += 1
        if person.cancels_after is not None:
            self.cancellations.setdefault(now + person.cancels_after, []).append((clerk, own))

    def cancel_due(self, now: int) -> None:
        """Free what is cancelled before the next person comes."""
        for clerk, own in self.cancellations.pop(now, ()):
            self.desks[clerk] = replace(self.desks[clerk], owned=self.desks[clerk].owned & ~own)

    def fill(self) -> float:
        """Return the share of the online time that is booked."""
        opened = sum(desk.open.bit_count() for desk in self.desks.values())
        return sum((desk.open & desk.owned).bit_count() for desk in self.desks.values()) / opened


def simulate(offer: Offer, demand: float, *, clerks: int = 1, weeks: int = 4, seed: int = 1) -> float:
    """Return how full the month gets when people ask for ``demand`` times the time that there is."""
    month = Month({clerk: _empty_desk(clerk, weeks) for clerk in range(1, clerks + 1)})
    for now, person in enumerate(_people(month, demand, random.Random(seed))):
        month.cancel_due(now)
        starts = offer(list(month.desks.values()), person.minutes)
        if starts:
            month.book(_nearest(starts, person.wish), person, now)
    return month.fill()


def _people(month: Month, demand: float, dice: random.Random) -> Iterator[Person]:
    opened = [moment for desk in month.desks.values() for moment in moments_of(desk.open, desk.base)]
    count = round(demand * len(opened) * GRID_MINUTES / MEAN_MINUTES)
    for now in range(count):
        (minutes,) = dice.choices(MINUTES, SHARES)
        wish, cancels, later = dice.choice(opened), dice.random() < CANCELLED, dice.randint(1, count - now)
        yield Person(minutes, wish, later if cancels else None)


def _nearest(starts: Sequence[int], wish: int) -> int:
    place = bisect(starts, wish)
    return min(starts[max(0, place - 1) : place + 1], key=lambda start: abs(start - wish))


def _empty_desk(clerk: int, weeks: int) -> DeskMask:
    blocks = [Block(clerk, 1, BlockKind.ONLINE, start, end, day) for day in range(5) for start, end in HOURS]
    days = (MONDAY, MONDAY + timedelta(weeks=weeks, days=-1))
    timetable = Timetable(ZoneInfo("Europe/Berlin"), blocks)
    return mask_of(Desk(clerk, 0, open_cells(timetable, clerk, choice=Choice(1, frozenset()), days=days)))


def main() -> None:
    """Print the table for 1 and 10 clerks."""
    print("Share of the online time that is booked, by how often it is asked for: 4 weeks, 6 hours a day")
    for clerks, months in ((1, 20), (10, 1)):
        print(f"\n{clerks} clerk{'s' * (clerks > 1)}:{'':27} {'  '.join(f'× {demand}' for demand in DEMANDS)}")
        for name, offer in OFFERS.items():
            fills = [
                mean(simulate(offer, demand, clerks=clerks, seed=seed) for seed in range(months)) for demand in DEMANDS
            ]
            print(f"{name:36} {'  '.join(f'{fill:5.2f}' for fill in fills)}")


if __name__ == "__main__":
    main()
