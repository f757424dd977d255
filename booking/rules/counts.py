"""What is left of erased appointments: counts. How many per day, office, concern, channel and outcome; nobody's row.

The days booked ahead and the minutes taken of each hour are counted apart from channel and outcome, so that nothing of
a single visit can be put together again. Service times are not kept: of few clerks they would tell who was how fast.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.rules.figures import WALK_IN, Case, Outcome, lead_days, outcome_of, use_of
from booking.rules.spans import Span

UNCONFIRMED = "unconfirmed"  # the outcome of what nobody ever confirmed: no figure shows it


class Kind(NamedTuple):
    """By what appointments are counted, on their local day."""

    day: date
    office: int
    concern: int
    channel: str
    outcome: str


class Ahead(NamedTuple):
    """By what the days between booking and visit are counted."""

    day: date
    office: int
    concern: int
    days: int


class Hour(NamedTuple):
    """An hour of an office's local day, in which minutes were taken."""

    day: date
    office: int
    hour: int


@dataclass(frozen=True, slots=True)
class Counts:
    """``mentions`` counts who came for two concerns in both, ``first`` only in the first: its sum is of appointments.

    ``minutes`` are those of the clerks' open hours that appointments took.
    """

    mentions: Counter[Kind] = field(default_factory=Counter)
    first: Counter[Kind] = field(default_factory=Counter)
    ahead_mentions: Counter[Ahead] = field(default_factory=Counter)
    ahead_first: Counter[Ahead] = field(default_factory=Counter)
    minutes: Counter[Hour] = field(default_factory=Counter)


def local_day(case: Case, zone: ZoneInfo) -> date:
    """Return the day that an appointment belongs to: that of its time, or of its arrival."""
    at = case.span.start if case.span else case.arrived_at or case.created_at
    return at.astimezone(zone).date()


def count(cases: Iterable[Case], counts: Counts, *, zone: ZoneInfo, now: datetime) -> None:
    """Add appointments that were booked, or walked in."""
    for case in cases:
        channel = WALK_IN if case.is_walk_in else case.channel
        outcome = outcome_of(case, zone, now)
        told = Outcome.UNMARKED if outcome is Outcome.OPEN else outcome  # nobody can decide it any more
        _add(case, channel, told.value, counts, zone)
        if case.span and not case.is_walk_in:
            _add_ahead(case, lead_days(case.created_at, case.span, zone), counts, zone)


def count_unconfirmed(cases: Iterable[Case], counts: Counts, *, zone: ZoneInfo) -> None:
    """Add bookings that nobody ever confirmed."""
    for case in cases:
        _add(case, case.channel, UNCONFIRMED, counts, zone)


def count_minutes(
    cases: Sequence[Case], open_hours: Mapping[int, Sequence[Span]], counts: Counts, *, zone: ZoneInfo
) -> None:
    """Add the minutes that one office's appointments of one day took; ``open_hours`` of its clerks on that day."""
    for (_, hour), use in use_of(cases, open_hours, zone).items():
        if use.taken:
            counts.minutes[Hour(local_day(cases[0], zone), cases[0].office, hour)] += use.taken


def _add(case: Case, channel: str, outcome: str, counts: Counts, zone: ZoneInfo) -> None:
    day = local_day(case, zone)
    for position, concern in enumerate(case.concerns):
        kind = Kind(day, case.office, concern, channel, outcome)
        counts.mentions[kind] += 1
        counts.first[kind] += position == 0


def _add_ahead(case: Case, days: int, counts: Counts, zone: ZoneInfo) -> None:
    day = local_day(case, zone)
    for position, concern in enumerate(case.concerns):
        kind = Ahead(day, case.office, concern, days)
        counts.ahead_mentions[kind] += 1
        counts.ahead_first[kind] += position == 0
