"""Figures of a period: what became of appointments, how far ahead people book, how full the hours are. Nobody's name.

Nothing is counted per clerk or login, and service times only where at least three clerks served: figures are no control
of anybody's performance (docs/dienstvereinbarung.md).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.rules.lifecycle import Status
from booking.rules.spans import Span

FEWEST_CLERKS = 3
LONGEST_SERVICE = timedelta(hours=8)  # what lasted longer was marked long after it was over
HOUR = timedelta(hours=1)
WALK_IN = "walk-in"
THERE = frozenset({Status.CHECKED_IN, Status.CALLED, Status.SERVING})  # until the day ends, however late it gets
DECIDED = {Status.SERVED: "served", Status.NO_SHOW: "no_show", Status.CANCELLED: "cancelled"}


class Outcome(StrEnum):
    """What became of an appointment; ``OPEN`` is still to come, ``UNMARKED`` is over and nobody has said."""

    SERVED = "served"
    NO_SHOW = "no_show"
    UNMARKED = "unmarked"
    CANCELLED = "cancelled"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Case:
    """One appointment as figures see it: ids, moments and a channel. ``span`` is None of who waits without a time."""

    office: int
    status: Status
    channel: str
    span: Span | None
    arrived_at: datetime | None
    created_at: datetime
    called_at: datetime | None
    served_at: datetime | None
    clerks: tuple[int, ...]
    concerns: tuple[int, ...]

    @property
    def is_walk_in(self) -> bool:
        """Whether this came about by somebody's arrival, not by a booking."""
        return self.arrived_at == self.created_at


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were booked and how many came without an appointment, what became of both, days booked ahead (median).

    ``booked + walk_ins`` is the sum of the outcomes.
    """

    booked: int
    walk_ins: int
    outcomes: Mapping[Outcome, int]
    lead_days: float | None


class Use(NamedTuple):
    """Minutes that clerks were there for appointments, and how many of them were taken."""

    taken: int
    available: int


Slot = tuple[int, int]  # weekday (0 is Monday) and hour, on the local clock


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of erased appointments: how many by channel and outcome, and by days booked ahead."""

    outcomes: Mapping[tuple[str, Outcome], int] = field(default_factory=dict)
    ahead: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfficeKept:
    """The same of an office: of all, by concern (id), and the minutes taken by slot."""

    total: Kept = field(default_factory=Kept)
    concerns: Mapping[int, Kept] = field(default_factory=dict)
    minutes: Mapping[Slot, int] = field(default_factory=dict)


NOTHING, NOBODY = Kept(), OfficeKept()


@dataclass(frozen=True, slots=True)
class OfficeFigures:
    """An office's figures; ``concerns`` by id (who comes for two counts in both), ``channels`` by name and ``walk-in``.

    ``service_minutes`` is the median from the call to the end of what is not erased yet, None where fewer than three
    clerks have served.
    """

    office: int
    total: Tally
    concerns: Mapping[int, Tally]
    channels: Mapping[str, int]
    use: Mapping[Slot, Use]
    service_minutes: float | None


def outcome_of(case: Case, zone: ZoneInfo, now: datetime) -> Outcome:
    """Say what became of one; what has not ended yet, and whoever is there since today, is open."""
    if case.status in DECIDED:
        return Outcome(DECIDED[case.status])
    if case.span is not None and case.status not in THERE:
        return Outcome.UNMARKED if case.span.end <= now else Outcome.OPEN
    since = case.span.start if case.span else case.arrived_at or case.created_at
    return Outcome.UNMARKED if since.astimezone(zone).date() < now.astimezone(zone).date() else Outcome.OPEN


def tally(cases: Sequence[Case], zone: ZoneInfo, now: datetime, *, kept: Kept = NOTHING) -> Tally:
    """Count some appointments, and add what was counted of those that are erased."""
    walk_ins = sum(case.is_walk_in for case in cases)
    booked = len(cases) - walk_ins
    counted = Counter(outcome_of(case, zone, now) for case in cases)
    for (channel, outcome), count in kept.outcomes.items():
        counted[outcome] += count
        walk_ins += count if channel == WALK_IN else 0
        booked += 0 if channel == WALK_IN else count
    ahead = Counter(kept.ahead)
    ahead.update(lead_days(case.created_at, case.span, zone) for case in cases if case.span and not case.is_walk_in)
    outcomes = {outcome: counted[outcome] for outcome in Outcome}
    return Tally(booked, walk_ins, outcomes, median(ahead.elements()) if ahead else None)


def figures_of(
    office: int,
    cases: Sequence[Case],
    open_hours: Mapping[int, Sequence[Span]],
    *,
    zone: ZoneInfo,
    now: datetime,
    kept: OfficeKept = NOBODY,
) -> OfficeFigures:
    """Reckon an office's figures; ``open_hours`` are those of its clerks, by id, ``kept`` what was erased."""
    by_concern: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        for concern in case.concerns:
            by_concern[concern].append(case)
    channels = Counter(WALK_IN if case.is_walk_in else case.channel for case in cases)
    for (channel, _), count in kept.total.outcomes.items():
        channels[channel] += count
    return OfficeFigures(
        office=office,
        total=tally(cases, zone, now, kept=kept.total),
        concerns={
            concern: tally(by_concern[concern], zone, now, kept=kept.concerns.get(concern, NOTHING))
            for concern in by_concern.keys() | kept.concerns.keys()
        },
        channels=channels,
        use=use_of(cases, open_hours, zone, kept=kept.minutes),
        service_minutes=_service_minutes(cases),
    )


def use_of(
    cases: Iterable[Case],
    open_hours: Mapping[int, Sequence[Span]],
    zone: ZoneInfo,
    *,
    kept: Mapping[Slot, int] = NOBODY.minutes,
) -> dict[Slot, Use]:
    """Return per weekday and hour how many minutes there were, and how many were taken of them; ``kept`` by erased."""
    available: Counter[Slot] = Counter()
    taken: Counter[Slot] = Counter(kept)
    hours: dict[tuple[int, date], list[Span]] = defaultdict(list)
    for clerk, spans in open_hours.items():
        for span in spans:
            hours[clerk, span.start.astimezone(zone).date()].append(span)
            _add(available, span, zone)
    for case in cases:
        if case.span is None or case.status in {Status.CANCELLED, Status.NO_SHOW}:
            continue
        day = case.span.start.astimezone(zone).date()
        for inside in (part for clerk in case.clerks for part in _within(case.span, hours.get((clerk, day), ()))):
            _add(taken, inside, zone)
    return {slot: Use(taken[slot], minutes) for slot, minutes in sorted(available.items())}


def _within(span: Span, hours: Iterable[Span]) -> Iterable[Span]:
    return (Span(max(span.start, at.start), min(span.end, at.end)) for at in hours if at.overlaps(span))


def _add(counter: Counter[Slot], span: Span, zone: ZoneInfo) -> None:
    """Add a span's minutes to the hours it touches; whole hours of UTC are whole hours here."""
    at = span.start
    while at < span.end:
        until = min(span.end, at.replace(minute=0, second=0, microsecond=0) + HOUR)
        local = at.astimezone(zone)
        counter[local.weekday(), local.hour] += int((until - at).total_seconds()) // 60
        at = until


def lead_days(booked: datetime, span: Span | None, zone: ZoneInfo) -> int:
    """Return how many local days ahead something was booked."""
    start = booked if span is None else span.start
    return (start.astimezone(zone).date() - booked.astimezone(zone).date()).days


def _service_minutes(cases: Iterable[Case]) -> float | None:
    lasted: list[float] = []
    clerks: set[int] = set()
    for case in cases:
        if case.called_at and case.served_at and timedelta() < case.served_at - case.called_at <= LONGEST_SERVICE:
            lasted.append((case.served_at - case.called_at).total_seconds() / 60)
            clerks.update(case.clerks)
    return median(lasted) if len(clerks) >= FEWEST_CLERKS else None
