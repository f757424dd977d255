"""One office's day as a value: a column per clerk, who waits, what each of them may be done next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from booking.rules.blocks import BlockKind, Timetable, block_span, blocks_on, closed_spans
from booking.rules.catalogue import Clerk, Office
from booking.rules.lifecycle import Status, Verb
from booking.rules.marks import RUNNING
from booking.rules.spans import Span, subtract
from booking.rules.texts import Text

GONE = frozenset({Status.CANCELLED, Status.NO_SHOW})


class Purpose(NamedTuple):
    """What somebody comes for; a ``discreet`` one is not named where others may read it."""

    name: Text
    quantity: int
    discreet: bool


class WayBack(NamedTuple):
    """What an undo takes back: the step's id and what was done."""

    step: int
    verb: Verb


class Stretch(NamedTuple):
    """A clerk's block at this office, less closures; its absences stand beside it."""

    kind: BlockKind
    span: Span


class Elsewhere(NamedTuple):
    """A time that a shared clerk spends at another office, with whom is not told."""

    office: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment, or somebody who waits (no ``start``). ``clerks`` are ids, ``minutes`` what its concerns need.

    ``after`` are the minutes that each of these clerks needs afterwards.
    ``is_hold`` is a time that somebody at the phone is booking right now: it has no person. ``is_stranded`` tells that
    its clerk is absent, or the office shut, ``is_unanswered`` that the office has moved it and nobody has said yet
    whether the new time suits, ``is_declined`` that its citizen's calendar has declined it. ``steps`` are the marks
    that may be made now, the usual one first.
    """

    id: int
    reference: str
    number: int | None
    status: Status
    start: datetime | None
    end: datetime | None
    arrived_at: datetime | None
    called_at: datetime | None
    serving_at: datetime | None
    served_at: datetime | None
    confirm_by: datetime | None
    clerks: tuple[int, ...]
    after: tuple[int, ...]
    concerns: tuple[Purpose, ...]
    minutes: int
    name: str
    email: str
    phone: str
    answers: tuple[tuple[Text, str], ...]
    channel: str
    language: str
    note: str
    is_undeliverable: bool
    is_hold: bool
    is_stranded: bool
    steps: tuple[Verb, ...]
    undo: WayBack | None
    is_unanswered: bool = False
    is_declined: bool = False

    def span_with(self, clerk: int) -> Span | None:
        """Return the time that it takes of a clerk, with the minutes after; None of somebody who waits."""
        if self.start is None or self.end is None or clerk not in self.clerks:
            return None
        return Span(self.start, self.end + timedelta(minutes=self.after[self.clerks.index(clerk)]))

    @property
    def is_discreet(self) -> bool:
        """Whether what it is for must not appear where others may read it."""
        return any(concern.discreet for concern in self.concerns)

    @property
    def is_running(self) -> bool:
        """Whether it can be extended: somebody has been called or is being served."""
        return self.status in RUNNING and self.start is not None


@dataclass(frozen=True, slots=True)
class Column:
    """A clerk's day. ``entries`` are active and in order; ``free`` is what staff may book, blocks of every kind."""

    clerk: Clerk
    blocks: tuple[Stretch, ...]
    free: tuple[Span, ...]
    entries: tuple[Entry, ...]
    absences: tuple[Span, ...]
    elsewhere: tuple[Elsewhere, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """An office's day: ``waiting`` has no time yet, by arrival; ``gone`` was cancelled or did not come.

    ``closures`` are the times at which the office is shut, ``holiday`` the name of the day if it is one. ``version`` is
    ``day_version`` of what was read.
    """

    office: Office
    date: date
    columns: tuple[Column, ...]
    waiting: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    closures: tuple[Span, ...]
    holiday: Text | None
    version: str

    @property
    def entries(self) -> list[Entry]:
        """Every active appointment that has a time, once, in order of time."""
        found = {entry.id: entry for column in self.columns for entry in column.entries}
        return sorted(found.values(), key=_by_time)


def _by_time(entry: Entry) -> tuple[datetime, int]:
    assert entry.start is not None  # noqa: S101 - for the type checker: who stands in a column has a time
    return entry.start, entry.id


class Taken(NamedTuple):
    """What takes the clerks' time: active entries of this office in order, and by clerk what they do elsewhere."""

    entries: Sequence[Entry]
    elsewhere: Mapping[int, Sequence[Elsewhere]]


def column_of(timetable: Timetable, clerk: Clerk, where: tuple[int, date], taken: Taken) -> Column:
    """Return a clerk's day at an office (its id, the day): blocks less closures, and what of them staff may book."""
    office, day = where
    shut = closed_spans(timetable, office, day)
    mine = [] if day in timetable.holidays else [block for block in timetable.blocks if block.clerk == clerk.id]
    blocks = [
        Stretch(block.kind, part)
        for block in blocks_on(mine, day)
        if block.office == office and (span := block_span(block, day, timetable.zone))
        for part in subtract([span], shut)
    ]
    absences = tuple(timetable.absences.get(clerk.id, ()))
    entries = tuple(entry for entry in taken.entries if clerk.id in entry.clerks and entry.start)
    busy = [span for entry in entries if (span := entry.span_with(clerk.id))]
    away = [*absences, *busy, *(at.span for at in taken.elsewhere.get(clerk.id, ()))]
    return Column(
        clerk=clerk,
        blocks=tuple(sorted(blocks, key=lambda block: block.span)),
        free=tuple(subtract([block.span for block in blocks], away)),
        entries=entries,
        absences=tuple(span for span in absences if any(span.overlaps(block.span) for block in blocks)),
        elsewhere=tuple(taken.elsewhere.get(clerk.id, ())),
    )
