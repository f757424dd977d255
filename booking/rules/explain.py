"""Why a day has no starts: for each clerk the first thing that takes its time away, as a value without words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from booking.rules.availability import Desk, any_start, longest_free_minutes, mask_of, offered_starts
from booking.rules.blocks import Choice, Timetable, blocks_on, closed_spans, day_spans
from booking.rules.cells import cells_of
from booking.rules.spans import Span, subtract
from booking.rules.texts import Text
from booking.rules.windows import Window


class Why(StrEnum):
    """A reason, in the order in which they are looked for; the last two are not refusals of the day."""

    OUTSIDE_WINDOW = "outside-window"
    HOLIDAY = "holiday"
    NO_CLERK = "no-clerk"
    NOT_QUALIFIED = "not-qualified"
    NO_BLOCK = "no-block"
    OTHER_BLOCKS = "other-blocks"
    CLOSED = "closed"
    ABSENT = "absent"
    TOO_LATE = "too-late"
    FULL = "full"
    TOO_SHORT = "too-short"
    LEAVES_USELESS_REST = "leaves-useless-rest"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Worker:
    """A clerk of the office: the concerns it handles (``None``: all), and the cells that are owned, as words."""

    clerk: int
    handles: Collection[int] | None = None
    after_minutes: int = 0
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What was looked for in vain, under the rules that were applied."""

    timetable: Timetable
    choice: Choice
    window: Window
    minutes: int
    useful_rest_minutes: int
    lenient_before: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one clerk, or with ``None`` the whole office, offers nothing; ``name`` is the holiday's or closure's.

    ``needed_minutes`` are those of the visit and those after it.
    """

    clerk: int | None
    why: Why
    name: Text = field(default_factory=dict)
    longest_free_minutes: int = 0
    needed_minutes: int = 0


def explain(question: Question, day: date, workers: Sequence[Worker]) -> list[Reason]:
    """Return one reason per clerk of the office, or a single one that holds for all."""
    if not question.window.first <= day <= question.window.last:
        return [Reason(None, Why.OUTSIDE_WINDOW)]
    if day in question.timetable.holidays:
        return [Reason(None, Why.HOLIDAY, question.timetable.holidays[day])]
    if not workers:
        return [Reason(None, Why.NO_CLERK)]
    return [_of_worker(question, day, worker) for worker in workers]


def _of_worker(question: Question, day: date, worker: Worker) -> Reason:
    if worker.handles is not None and not question.choice.concerns <= set(worker.handles):
        return Reason(worker.clerk, Why.NOT_QUALIFIED)
    timetable, choice = question.timetable, question.choice
    blocks = [block for block in blocks_on(timetable.blocks, day) if block.clerk == worker.clerk]
    if not any(block.office == choice.office for block in blocks):
        return Reason(worker.clerk, Why.NO_BLOCK)
    spans = day_spans(blocks, day, choice=choice, zone=timetable.zone)
    if not spans:
        return Reason(worker.clerk, Why.OTHER_BLOCKS)
    opened = subtract(spans, closed_spans(timetable, choice.office, day))
    if not opened:
        return Reason(worker.clerk, Why.CLOSED, _closure_name(timetable, choice.office, day))
    present = subtract(opened, timetable.absences.get(worker.clerk, ()))
    if not present:
        return Reason(worker.clerk, Why.ABSENT)
    return _of_free_time(question, worker, present)


def _of_free_time(question: Question, worker: Worker, present: Sequence[Span]) -> Reason:
    earliest = question.window.earliest
    ahead = [Span(max(span.start, earliest), span.end) for span in present if span.end > earliest]
    if not mask_of(Desk(worker.clerk, 0, cells_of(ahead))).free:
        return Reason(worker.clerk, Why.TOO_LATE)
    desk = mask_of(Desk(worker.clerk, worker.after_minutes, cells_of(ahead), worker.words))
    if not desk.free:
        return Reason(worker.clerk, Why.FULL)
    if not any_start(desk, question.minutes):
        needed = question.minutes + worker.after_minutes
        return Reason(
            worker.clerk, Why.TOO_SHORT, longest_free_minutes=longest_free_minutes(desk), needed_minutes=needed
        )
    whole = Desk(worker.clerk, worker.after_minutes, cells_of(present), worker.words)
    starts = offered_starts(
        [whole],
        minutes=question.minutes,
        useful_rest_minutes=question.useful_rest_minutes,
        lenient_before=question.lenient_before,
        earliest=earliest,
    )
    return Reason(worker.clerk, Why.FREE if starts else Why.LEAVES_USELESS_REST)


def _closure_name(timetable: Timetable, office: int, day: date) -> Text:
    here = (shut for shut in timetable.closures if shut.office in (None, office))
    return next((shut.name for shut in here if shut.first <= day <= shut.last), {})
