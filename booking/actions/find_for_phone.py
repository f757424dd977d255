"""Find the next free times for whoever is on the phone: across offices, as far ahead as staff see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol

from booking.actions.catalogues import catalogue_of
from booking.actions.desks import load_desks
from booking.actions.transaction import reads
from booking.errors import NotCombinable, NotFound
from booking.models.cells import Owner
from booking.rules.appointments import Order, Wish
from booking.rules.availability import Desk, nearest_starts, offered_starts, possible_starts
from booking.rules.catalogue import Catalogue, Office
from booking.rules.orders import Visit, chosen_concerns, visit_at, visits
from booking.rules.windows import Window, near_until, staff_window

STAFF_OWNER = Owner(staff=True, takes_held=True)
NEAREST = 5
SHOWN = 9  # as many as there are number keys
STRIDE = timedelta(days=28)  # looked through at a time: most callers take one of the first days
NOON = time(12)
DAY = timedelta(days=1)
LOOKED_BACK = timedelta(days=14)  # so far ahead a day without anything free is told, not passed over in silence
MOST_PASSED = 3


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which free times are wanted: in these offices (ids), on these weekdays (0 is Monday), from then on.

    ``later`` is the last one that was shown; what follows begins after it. ``every`` is a day of which all possible
    starts are wanted, also those that leave a useless rest; nothing else counts then but the offices.
    """

    offices: frozenset[int]
    weekdays: frozenset[int] = frozenset()
    part: Literal["", "morning", "afternoon"] = ""
    first: date | None = None
    later: datetime | None = None
    every: date | None = None

    def lets_through(self, start: datetime) -> bool:
        """Whether a start, on the local wall clock, is wanted."""
        if self.every:
            return start.date() == self.every
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
class PassedDay:
    """A day on which nothing is offered; ``is_possible``: staff can have a start there that leaves a useless rest."""

    day: date
    is_possible: bool


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The first free times over all offices, whether there are more behind them, and days passed over before them."""

    catalogue: Catalogue
    visits: tuple[Visit, ...]
    times: tuple[FreeTime, ...]
    has_more: bool = field(default=False)
    passed: tuple[PassedDay, ...] = ()


@reads
def find_for_phone(municipality: str, wishes: Sequence[Wish], *, sieve: Sieve, now: datetime) -> FreeTimes:
    """Return the next free times that pass the sieve. Raises NotFound, Invalid, NotCombinable, Unavailable."""
    catalogue = catalogue_of(municipality)
    concerns = chosen_concerns(catalogue, wishes)
    found = [visit for visit in visits(catalogue, concerns, staff=True) if visit.office.id in sieve.offices]
    if not found:
        raise NotCombinable
    search = _Search(catalogue, tuple(found), sieve, now)
    if sieve.every:
        return FreeTimes(catalogue, search.visits, tuple(search.between((sieve.every, sieve.every), _possible)))
    times: list[FreeTime] = []
    for days in search.strides():
        times += search.between(days, _starts)
        if len(times) > SHOWN:
            break
    passed = search.passed_over(times[0].start.date() if times else None)
    return FreeTimes(catalogue, search.visits, tuple(times[:SHOWN]), len(times) > SHOWN, passed)


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


@dataclass(frozen=True, slots=True)
class _Search:
    """One look for free times: where, for which visit of each office, which of them are wanted."""

    catalogue: Catalogue
    visits: tuple[Visit, ...]
    sieve: Sieve
    now: datetime

    def strides(self) -> Iterator[tuple[date, date]]:
        """Cut the days that staff see into stretches, so that nobody reckons half a year for the first nine times."""
        window = self._widest()
        first = max(filter(None, (window.first, self.sieve.first, self.sieve.later and self.sieve.later.date())))
        while first <= window.last:
            last = min(first + STRIDE, window.last)
            yield first, last
            first = last + timedelta(days=1)

    def between(self, days: tuple[date, date], starts: "_Starts") -> list[FreeTime]:
        """Return the wanted ones of some days, over all offices."""
        times = [
            FreeTime(visit.office, start, visit.minutes)
            for visit in self.visits
            for moment in starts(self.catalogue, visit, days, now=self.now)
            if self.sieve.lets_through(start := datetime.fromtimestamp(moment, self.catalogue.zone))
        ]
        return sorted(times, key=lambda time: (time.start, time.office.id))

    def passed_over(self, until: date | None) -> tuple[PassedDay, ...]:
        """Return the days before the first time shown that were asked for, or on which something is possible."""
        window = self._widest()
        first = max(window.first, self.sieve.first or window.first)
        last = min(until or first + LOOKED_BACK, first + LOOKED_BACK, window.last + DAY) - DAY
        if self.sieve.later or last < first:
            return ()
        possible = {time.start.date() for time in self.between((first, last), _possible)}
        days = [first + place * DAY for place in range((last - first).days + 1)]
        told = [PassedDay(day, day in possible) for day in days if day in possible or self._is_asked_for(day)]
        return tuple(told[:MOST_PASSED])

    def _is_asked_for(self, day: date) -> bool:
        return day.weekday() in self.sieve.weekdays or (day == self.sieve.first and not self.sieve.weekdays)

    def _widest(self) -> Window:
        windows = [staff_window(visit.policy, self.now, self.catalogue.zone) for visit in self.visits]
        return replace(windows[0], last=max(window.last for window in windows))


class _Starts(Protocol):
    def __call__(self, catalogue: Catalogue, visit: Visit, days: tuple[date, date], *, now: datetime) -> list[int]: ...


def _starts(catalogue: Catalogue, visit: Visit, days: tuple[date, date], *, now: datetime) -> list[int]:
    return offered_starts(
        _desks(catalogue, visit, days, now),
        minutes=visit.minutes,
        useful_rest_minutes=visit.policy.useful_rest_minutes,
        lenient_before=near_until(visit.policy, now, catalogue.zone),
        earliest=now,
    )


def _possible(catalogue: Catalogue, visit: Visit, days: tuple[date, date], *, now: datetime) -> list[int]:
    return possible_starts(_desks(catalogue, visit, days, now), minutes=visit.minutes, earliest=now)


def _desks(catalogue: Catalogue, visit: Visit, days: tuple[date, date], now: datetime) -> list[Desk]:
    window = staff_window(visit.policy, now, catalogue.zone)
    first, last = max(days[0], window.first), min(days[1], window.last)
    return load_desks(catalogue, visit, (first, last), now=now, owner=STAFF_OWNER) if first <= last else []
