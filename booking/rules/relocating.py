"""Where an appointment that cannot take place may go: which clerks instead, which other time is nearest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.rules.availability import Desk, can_start, choose_clerk, offered_starts
from booking.rules.spans import instant_of

NEAR_DAYS = 14  # beyond this nobody is moved unasked: whoever is left over is called, or chooses for themselves
SOON = timedelta(hours=2)  # whose time begins so soon may read no letter before they set out
NOTICE = timedelta(days=1)  # nobody has to come earlier than agreed without having a day to read it


@dataclass(frozen=True, slots=True)
class Need:
    """What an appointment takes: minutes, how many clerks at once, those it has now, the office's useful rest."""

    minutes: int
    clerks: int
    present: frozenset[int]
    useful_rest_minutes: int


@dataclass(frozen=True, slots=True)
class Wish:
    """The agreed start, the first moment that could be another one, and until when it would count as near."""

    start: datetime
    earliest: datetime
    until: datetime

    def admits(self, start: datetime, now: datetime) -> bool:
        """Whether somebody can be asked to come then instead."""
        return start < self.until and (start >= self.start or start >= now + NOTICE)


def is_soon(start: datetime, now: datetime) -> bool:
    """Whether a letter may come too late for who is expected at ``start``."""
    return start - now <= SOON


def crew(desks: Sequence[Desk], start: datetime, need: Need, *, load: Mapping[int, int]) -> list[int] | None:
    """Choose who serves it then, present ones first; None if there are not enough able clerks free."""
    chosen = [desk.clerk for desk in desks if desk.clerk in need.present and can_start(desk, start, need.minutes)]
    chosen = chosen[: need.clerks]
    while len(chosen) < need.clerks:
        left = [desk for desk in desks if desk.clerk not in chosen]
        found = choose_clerk(left, start, need.minutes, useful_rest_minutes=need.useful_rest_minutes, load=load)
        if found is None:
            return None
        chosen.append(found)
    return sorted(chosen)


def nearest(desks: Sequence[Desk], need: Need, wish: Wish, *, now: datetime) -> datetime | None:
    """Return the start nearest to the agreed one at which enough clerks are free; of two equally near ones the earlier.

    The starts are those that would be offered, and at least the beginning of every stretch: a time that is a little
    wasteful is better than none.
    """
    starts = offered_starts(
        desks,
        minutes=need.minutes,
        useful_rest_minutes=need.useful_rest_minutes,
        lenient_before=wish.until,
        earliest=wish.earliest,
    )
    possible = [start for start in map(instant_of, starts) if wish.admits(start, now)]
    by_distance = sorted(possible, key=lambda start: (abs(start - wish.start), start))
    return next((start for start in by_distance if crew(desks, start, need, load={}) is not None), None)
