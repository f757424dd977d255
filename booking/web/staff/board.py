"""A day as its page draws it: what stands in which row and column of the time axis, who waits, who was called."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.errors import Refusal, StaffRefusal
from booking.rules.blocks import BlockKind, instant_at
from booking.rules.days import Column, Day, Entry
from booking.rules.lifecycle import Status
from booking.rules.secrets import heard, speakable
from booking.rules.spans import GRID_SECONDS, Span
from booking.rules.texts import Text
from booking.web.staff.more_time import Room, rooms_of

HOUR = 3600
OFFICE_HOURS = (8, 16)  # what an empty day shows
PRESENT = frozenset({Status.CHECKED_IN, Status.CALLED})


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours that are drawn, in Unix seconds: rows are five minutes that really pass, so a day may have 23 or 25."""

    first: int
    last: int
    zone: ZoneInfo

    @property
    def steps(self) -> int:
        """How many rows there are."""
        return (self.last - self.first) // GRID_SECONDS

    def row(self, moment: datetime) -> int:
        """Return the row, from 1, in which a moment lies."""
        return max(1, min(self.steps, (int(moment.timestamp()) - self.first) // GRID_SECONDS + 1))

    def place(self, span: Span) -> tuple[int, int]:
        """Return the first row of a span and how many it takes, at least one."""
        row = self.row(span.start)
        return row, max(1, -int(-(span.end.timestamp() - self.first) // GRID_SECONDS) - row + 1)

    def shows(self, moment: datetime) -> bool:
        """Whether a moment lies on the axis."""
        return self.first <= moment.timestamp() < self.last

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """The full hours as (row, time on the wall); the hour that comes twice in autumn is 2 A and 2 B (§ 3 SoZV)."""
        found, seen = [], set()
        for moment in range(self.first, self.last, HOUR):
            wall = datetime.fromtimestamp(moment, self.zone)
            name = f"{wall:%H:%M}" + (" B" if wall.strftime("%H:%M") in seen else "")
            seen.add(f"{wall:%H:%M}")
            found.append(((moment - self.first) // GRID_SECONDS + 1, name))
        return found


class Item(NamedTuple):
    """Something in a clerk's column: an ``entry``, or (None) a time that is ``kind``: free, away, elsewhere or shut."""

    kind: str
    place: tuple[int, int]
    column: int
    span: Span
    entry: Entry | None = None
    block: BlockKind | None = None
    where: Text | None = None


class Band(NamedTuple):
    """A block of a clerk's working time, drawn behind its entries."""

    kind: BlockKind
    place: tuple[int, int]
    column: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the page of a day draws.

    ``rooms`` are what running visits may be extended by, by entry; ``away`` are the clerks (ids) who are absent now.
    ``version`` tells what the board was made of and until when it holds.
    """

    day: Day
    axis: Axis
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    queue: tuple[Entry, ...]
    rooms: Mapping[int, Room]
    away: frozenset[int]
    version: str

    @property
    def clerks(self) -> dict[int, Text]:
        """Clerks' names by id."""
        return {column.clerk.id: column.clerk.name for column in self.day.columns}

    def entry(self, reference: str) -> Entry | None:
        """Return whoever of this day has that reference."""
        everybody = (*self.day.entries, *self.day.waiting, *self.day.gone)
        return next((entry for entry in everybody if entry.reference == reference), None)

    def called(self, reference: str) -> str:
        """Return how staff call whoever of this day has that reference; empty if nobody has."""
        entry = self.entry(reference)
        return (entry.name or (f"Nr. {entry.number}" if entry.number else speakable(reference))) if entry else ""

    def leads(self, item: Item) -> bool:
        """Whether no column before draws the same entry: the anchor of an entry stands once, in its first column."""
        before = {column.clerk.id for column in self.day.columns[: item.column - 1]}
        return item.entry is None or before.isdisjoint(item.entry.clerks)


def board_of(day: Day, zone: ZoneInfo, *, now: datetime) -> Board:
    """Lay a day out on its axis."""
    axis = _axis(day, zone)
    items = (item for number, column in enumerate(day.columns, 1) for item in _items(day, column, number, axis))
    return Board(
        day=day,
        axis=axis,
        items=tuple(sorted(items, key=lambda item: (item.span.start, item.column))),
        bands=tuple(
            Band(block.kind, axis.place(block.span), number)
            for number, column in enumerate(day.columns, 1)
            for block in column.blocks
        ),
        queue=tuple(_queue(day)),
        rooms=rooms_of(day, now=now),
        away=frozenset(column.clerk.id for column in day.columns for at in column.absences if at.start <= now < at.end),
        version=f"{day.version}.{_holds_until(day, zone, now)}",
    )


def named(refusal: Refusal, board: Board) -> Refusal:
    """Let a refusal that gives a reference give the name, too: of this day alone, for its readers see these names."""
    if isinstance(refusal, StaffRefusal) and (spoken := str(refusal.values.get("reference", ""))):
        entry = board.entry(heard(spoken))
        whom = f"{entry.name} ({spoken})" if entry and entry.name else f"Termin {spoken}"
        refusal.values = {**refusal.values, "reference": whom}
    return refusal


def is_current(version: str, seen: str, *, now: datetime) -> bool:
    """Whether a board of this version still shows what is, if the office now stands at ``seen``."""
    standing, _, until = version.rpartition(".")
    return standing == seen and until.isascii() and until.isdigit() and now.timestamp() < int(until)


def called(day: Day) -> list[Entry]:
    """Return who is called at this moment, the latest first."""
    everybody = (*day.entries, *day.waiting)
    mine = (entry for entry in everybody if entry.status is Status.CALLED and entry.called_at)
    return sorted(mine, key=lambda entry: (entry.called_at, entry.id), reverse=True)


def _axis(day: Day, zone: ZoneInfo) -> Axis:
    spans = [block.span for column in day.columns for block in column.blocks]
    spans += [Span(entry.start, entry.end) for entry in day.entries if entry.start and entry.end]
    first, last = (_at(day, hour, zone) for hour in OFFICE_HOURS)
    if spans:
        first = max(_at(day, 0, zone), min(span.start for span in spans))
        last = min(_at(day, 24, zone), max(span.end for span in spans))
    return Axis(int(first.timestamp() // HOUR) * HOUR, -int(-last.timestamp() // HOUR) * HOUR, zone)


def _at(day: Day, hour: int, zone: ZoneInfo) -> datetime:
    date = day.date + timedelta(days=hour // 24)
    return instant_at(datetime(date.year, date.month, date.day, hour % 24), zone)  # noqa: DTZ001 - on the wall


def _items(day: Day, column: Column, number: int, axis: Axis) -> Iterator[Item]:
    for entry in column.entries:
        if entry.start and entry.end:
            span = Span(entry.start, entry.end)
            yield Item("entry", axis.place(span), number, span, entry=entry)
    for block in column.blocks:
        for free in _common(column.free, block.span):
            yield Item("free", axis.place(free), number, free, block=block.kind)
    for away in _drawn(column.absences, axis):
        yield Item("away", axis.place(away), number, away)
    for other in column.elsewhere:
        for away in _drawn([other.span], axis):
            yield Item("elsewhere", axis.place(away), number, away, where=other.office)
    for shut in _drawn(day.closures, axis):
        yield Item("shut", axis.place(shut), number, shut)


def _drawn(spans: Iterable[Span], axis: Axis) -> list[Span]:
    whole = Span(datetime.fromtimestamp(axis.first, UTC), datetime.fromtimestamp(axis.last, UTC))
    return _common(spans, whole)


def _common(spans: Iterable[Span], within: Span) -> list[Span]:
    return [Span(max(span.start, within.start), min(span.end, within.end)) for span in spans if span.overlaps(within)]


def _queue(day: Day) -> list[Entry]:
    """Whoever is in the waiting room, in the order in which they came."""
    everybody = (*day.waiting, *day.entries)
    here = [entry for entry in everybody if entry.status in PRESENT]
    return sorted(here, key=lambda entry: (entry.arrived_at or entry.start or entry.called_at, entry.id))


def _holds_until(day: Day, zone: ZoneInfo, now: datetime) -> int:
    """Return the Unix second at which the board changes though nobody does anything: a start, a lapse, a midnight."""
    moments = [_at(day, 0, zone), _at(day, 24, zone), *(entry.start for entry in day.entries if entry.start)]
    moments += [moment for column in day.columns for at in column.absences for moment in (at.start, at.end)]
    moments += [entry.confirm_by for entry in day.entries if entry.confirm_by and entry.status is Status.PENDING]
    return int(min((moment.timestamp() for moment in moments if moment > now), default=1 << 40))
