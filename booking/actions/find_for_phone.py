"""Find the next free times for whoever is on the phone: across offices, as far ahead as staff see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from booking.actions.catalogues import catalogue_of
from booking.actions.desks import load_desks
from booking.actions.transaction import reads
from booking.errors import NotCombinable, NotFound
from booking.models.cells import Owner
from booking.rules.appointments import Order, Wish
from booking.rules.availability import nearest_starts, offered_starts
from booking.rules.catalogue import Catalogue, Office
from booking.rules.orders import Visit, chosen_concerns, visit_at, visits
from booking.rules.windows import Window, near_until, staff_window

STAFF_OWNER = Owner(staff=True, takes_held=True)
NEAREST = 5
SHOWN = 9  # as many as there are number keys
STRIDE = timedelta(days=28)  # looked through at a time: most callers take one of the first days
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which free times are wanted: in these offices (ids), on these weekdays (0 is Monday), from then on.

    ``later`` is the last one that was shown; what follows begins after it.
    """

    offices: frozenset[int]
    weekdays: frozenset[int] = frozenset()
    part: Literal["", "morning", "afternoon"] = ""
    first: date | None = None
    later: datetime | None = None

    def lets_through(self, start: datetime) -> bool:
        """Whether a start, on the local wall clock, is wanted."""
        if self.weekdays and start.weekday() not in self.weekdays:
            return False
        if self.part and (start.time() < NOON) != (self.part == "morning"):
            return False
        return self.later is None or start > self.later


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A free time at an office, on the municipality's wall clock."""

    office: Office
    start: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The first free times over all offices, and whether there are more behind them."""

    catalogue: Catalogue
    visits: tuple[Visit, ...]
    times: tuple[FreeTime, ...]
    has_more: bool = field(default=False)


@reads
def find_for_phone(municipality: str, wishes: Sequence[Wish], *, sieve: Sieve, now: datetime) -> FreeTimes:
    """Return the next free times that pass the sieve. Raises NotFound, Invalid, NotCombinable, Unavailable."""
    catalogue = catalogue_of(municipality)
    concerns = chosen_concerns(catalogue, wishes)
    found = [visit for visit in visits(catalogue, concerns, staff=True) if visit.office.id in sieve.offices]
    if not found:
        raise NotCombinable
    times: list[FreeTime] = []
    for days in _strides(catalogue, found, sieve, now):
        times += _between(catalogue, found, days, sieve=sieve, now=now)
        if len(times) > SHOWN:
            break
    return FreeTimes(catalogue, tuple(found), tuple(times[:SHOWN]), len(times) > SHOWN)


@reads
def nearest_for_order(order: Order, *, now: datetime) -> list[datetime]:
    """Return the free times nearest to one that could not be had, at its office; none if it serves this no more."""
    try:
        catalogue = catalogue_of(order.municipality)
        office = catalogue.office(order.office)
        visit = visit_at(catalogue, office, chosen_concerns(catalogue, order.wishes), staff=True)
    except (NotFound, NotCombinable):
        return []
    window = staff_window(visit.policy, now, catalogue.zone)
    wished = order.start.astimezone(catalogue.zone).date()
    days = max(window.first, wished - STRIDE / 2), min(window.last, wished + STRIDE / 2)
    starts = _starts(catalogue, visit, days, now=now) if days[0] <= days[1] else []
    return [datetime.fromtimestamp(moment, catalogue.zone) for moment in nearest_starts(starts, order.start, NEAREST)]


def _strides(catalogue: Catalogue, found: Sequence[Visit], sieve: Sieve, now: datetime) -> Iterator[tuple[date, date]]:
    """Cut the days that staff see into stretches, so that nobody reckons half a year for the first nine times."""
    window = _widest(catalogue, found, now)
    first = max(filter(None, (window.first, sieve.first, sieve.later and sieve.later.date())))
    while first <= window.last:
        last = min(first + STRIDE, window.last)
        yield first, last
        first = last + timedelta(days=1)


def _widest(catalogue: Catalogue, found: Sequence[Visit], now: datetime) -> Window:
    windows = [staff_window(visit.policy, now, catalogue.zone) for visit in found]
    return replace(windows[0], last=max(window.last for window in windows))


def _between(
    catalogue: Catalogue, found: Sequence[Visit], days: tuple[date, date], *, sieve: Sieve, now: datetime
) -> list[FreeTime]:
    times = [
        FreeTime(visit.office, start, visit.minutes)
        for visit in found
        for moment in _starts(catalogue, visit, days, now=now)
        if sieve.lets_through(start := datetime.fromtimestamp(moment, catalogue.zone))
    ]
    return sorted(times, key=lambda time: (time.start, time.office.id))


def _starts(catalogue: Catalogue, visit: Visit, days: tuple[date, date], *, now: datetime) -> list[int]:
    last = min(days[1], staff_window(visit.policy, now, catalogue.zone).last)
    if last < days[0]:
        return []
    return offered_starts(
        load_desks(catalogue, visit, (days[0], last), now=now, owner=STAFF_OWNER),
        minutes=visit.minutes,
        useful_rest_minutes=visit.policy.useful_rest_minutes,
        lenient_before=near_until(visit.policy, now, catalogue.zone),
        earliest=now,
    )
