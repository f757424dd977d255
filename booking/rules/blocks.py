"""When a clerk works where: blocks on the local wall clock, less closures, holidays and absences, as spans in UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.rules.cells import CellSet, cells_of
from booking.rules.spans import Span, merge, subtract
from booking.rules.texts import Text

Day = date  # Block has a field of that name
SOME_MONDAY = date(2000, 1, 3)
MIDNIGHT = time(0)


class BlockKind(StrEnum):
    """Whom a block is for: citizens online, phone and desk, or people without an appointment."""

    ONLINE = "online"
    STAFF = "staff"
    WALK_IN = "walk-in"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a clerk's working time at an office: every so many weeks on a weekday, or on one date.

    ``weekday`` counts from Monday = 0. An ``end`` of 00:00 is the midnight that ends the day. No ``concerns``: for all.
    """

    clerk: int
    office: int
    kind: BlockKind
    start: time
    end: time
    weekday: int | None = None
    date: Day | None = None
    every_weeks: int = 1
    valid_from: Day | None = None
    valid_to: Day | None = None
    concerns: frozenset[int] = frozenset()

    def falls_on(self, day: Day) -> bool:
        """Whether the block takes place on this day, other blocks aside."""
        if self.date is not None:
            return self.date == day
        if self.weekday != day.weekday():
            return False
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to):
            return False
        if self.every_weeks == 1:
            return True
        weeks = (_monday(day) - _monday(self.valid_from or SOME_MONDAY)).days // 7
        return weeks % self.every_weeks == 0


@dataclass(frozen=True, slots=True)
class Closure:
    """Days from ``first`` to ``last`` inclusive on which an office, or all of them (``None``), is shut.

    With ``start`` and ``end`` only that part of each of the days; a missing one means the day's beginning or end.
    """

    office: int | None
    first: date
    last: date
    start: time | None = None
    end: time | None = None
    name: Text = field(default_factory=dict)

    def span_on(self, day: date, zone: ZoneInfo) -> Span | None:
        """The time that is shut on this day."""
        if not self.first <= day <= self.last:
            return None
        return wall_span(day, self.start or MIDNIGHT, self.end or MIDNIGHT, zone=zone)


@dataclass(frozen=True, slots=True, eq=False)  # by identity, so that hours once reckoned are found again
class Timetable:
    """All that decides when clerks are there; ``absences`` are by clerk, ``holidays`` by day with their names.

    Of each clerk it holds **all** blocks, whatever the office: dated ones replace all weekly ones of their day.
    """

    zone: ZoneInfo
    blocks: Sequence[Block]
    closures: Sequence[Closure] = ()
    holidays: Mapping[date, Text] = field(default_factory=dict)
    absences: Mapping[int, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked for: an office, the kinds of block that may be used, and the concerns of the visit."""

    office: int
    concerns: frozenset[int]
    kinds: frozenset[BlockKind] = frozenset({BlockKind.ONLINE})

    def admits(self, block: Block) -> bool:
        """Whether this block may be used; one that names concerns takes only a visit wholly among them."""
        fits = not block.concerns or self.concerns <= block.concerns
        return fits and block.office == self.office and block.kind in self.kinds


def blocks_on(blocks: Iterable[Block], day: date) -> list[Block]:
    """Choose the blocks of a day. A clerk's dated blocks replace all its weekly ones of that day."""
    by_clerk: dict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.falls_on(day):
            by_clerk[block.clerk].append(block)
    chosen: list[Block] = []
    for of_clerk in by_clerk.values():
        chosen += [block for block in of_clerk if block.date] or of_clerk
    return chosen


def block_span(block: Block, day: date, zone: ZoneInfo) -> Span | None:
    """The time that a block takes on a day; ``None`` if the clocks leave nothing of it."""
    return wall_span(day, block.start, block.end, zone=zone)


@lru_cache(maxsize=4096)
def _wall_span(day: date, start: time, end: time, zone: ZoneInfo) -> Span | None:
    last_day = day + timedelta(days=1) if end == MIDNIGHT else day
    opening = instant_at(datetime.combine(day, start), zone)
    closing = instant_at(datetime.combine(last_day, end), zone, later=True)
    return Span(opening, closing) if opening < closing else None


def wall_span(day: date, start: time, end: time, *, zone: ZoneInfo) -> Span | None:
    """Turn two wall-clock times of a day into a span.

    A time that the clocks skip moves to the end of the gap. One that they show twice means the earlier for a start and
    the later for an end.
    """
    return _wall_span(day, start, end, zone)


def instant_at(wall: datetime, zone: ZoneInfo, *, later: bool = False) -> datetime:
    """Turn a naive wall-clock time into UTC; ``later`` chooses among two (PEP 495), a skipped one is the gap's end."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if later else first
    # Skipped: PEP 495 puts fold 1 before the change and fold 0 after it, so the change itself lies between.
    before, after = second, first
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def open_cells(timetable: Timetable, clerk: int, *, choice: Choice, days: tuple[date, date]) -> CellSet:
    """Return the cells of the open hours, from what is kept: they change with the timetable and the days only."""
    return _open_cells(timetable, clerk, choice, days)


@lru_cache(maxsize=1024)
def _open_cells(timetable: Timetable, clerk: int, choice: Choice, days: tuple[date, date]) -> CellSet:
    return cells_of(open_hours(timetable, clerk, choice=choice, days=days))


def open_hours(timetable: Timetable, clerk: int, *, choice: Choice, days: tuple[date, date]) -> list[Span]:
    """Return when the clerk receives people for this choice, from the first day to the last inclusive.

    That is its blocks less closures, holidays and absences.
    """
    mine = [block for block in timetable.blocks if block.clerk == clerk]
    opened: list[Span] = []
    for step in range((days[1] - days[0]).days + 1):
        day = days[0] + timedelta(days=step)
        if day not in timetable.holidays:
            spans = day_spans(blocks_on(mine, day), day, choice=choice, zone=timetable.zone)
            opened += subtract(spans, closed_spans(timetable, choice.office, day))
    return subtract(opened, timetable.absences.get(clerk, ()))


def day_spans(blocks: Iterable[Block], day: date, *, choice: Choice, zone: ZoneInfo) -> list[Span]:
    """Join the spans of those blocks of a day that the choice may use."""
    spans = (block_span(block, day, zone) for block in blocks if choice.admits(block))
    return merge(span for span in spans if span)


def closed_spans(timetable: Timetable, office: int, day: date) -> list[Span]:
    """Return when the office is shut by closures on this day."""
    spans = (shut.span_on(day, timetable.zone) for shut in timetable.closures if shut.office in (None, office))
    return [span for span in spans if span]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
