"""The counter's marks: which of them an office makes when, what repeats one, and what an undo of it takes back."""

from datetime import date, datetime, timedelta

from booking.errors import NotPossibleNow
from booking.rules.catalogue import Office
from booking.rules.lifecycle import AFTER, Status, Verb, after, may
from booking.rules.spans import GRID_MINUTES, GRID_SECONDS, instant_of

MARKS = (Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH, Verb.MISS)  # in the order of a visit
RUNNING = frozenset({Status.CALLED, Status.SERVING})
LEADS_TO = {
    Verb.CHECK_IN: frozenset({Status.CHECKED_IN}),
    Verb.CALL: frozenset({Status.CALLED}),
    Verb.SERVE: frozenset({Status.SERVING}),
    Verb.FINISH: frozenset({Status.SERVED}),
    Verb.MISS: frozenset({Status.NO_SHOW}),
    Verb.EXTEND: RUNNING,
}
LATER = frozenset({Verb.FINISH, Verb.MISS})  # what may also be told of a day that is over


def steps_of(
    status: Status, office: Office, *, days: tuple[date, date], has_begun: bool, waits: bool = False
) -> tuple[Verb, ...]:
    """Return the marks that an office makes in this status, in the order of a visit. ``days``: its own, and today.

    Nobody is missing before their time; the day before nobody has arrived yet.
    """
    own, today = days
    unused = set()
    if not office.uses_check_in:
        unused.add(Verb.CHECK_IN)
    if not office.uses_call and not waits:  # whoever waits has no clerk until somebody takes them
        unused |= {Verb.CALL, Verb.SERVE}
    if not has_begun:
        unused.add(Verb.MISS)
    return tuple(verb for verb in MARKS if verb in AFTER[status] and verb not in unused and is_timely(verb, own, today))


def is_timely(verb: Verb, own: date, today: date) -> bool:
    """Whether something may be marked today of an appointment of its ``own`` day."""
    return own == today or (own < today and verb in LATER)


def marked(status: Status, verb: Verb) -> Status:
    """Return the status that a mark leads to. Raises ``NotPossibleNow``, with a sentence for staff."""
    if not may(status, verb):
        raise NotPossibleNow("mark")
    return after(status, verb)


def is_marked(verb: Verb, status: Status) -> bool:
    """Whether marking this once more changes nothing: two desks pressed the same button."""
    return status in LEADS_TO[verb]


def undoes(verb: Verb, status: Status, *, waits: bool) -> bool:
    """Whether a mark is still the latest thing that happened, by where the appointment stands now.

    Somebody who ``waits`` without a time has lost it since they were checked in or called for it.
    """
    return status in LEADS_TO.get(verb, frozenset()) and (verb in LATER or not waits)


def shortened_end(start: datetime, end: datetime, now: datetime) -> datetime:
    """Return when a visit that is over now ends: rounded up to the grid, after at least one cell, never later."""
    over = instant_of(-int(-now.timestamp() // GRID_SECONDS) * GRID_SECONDS)
    return min(end, max(over, start + timedelta(minutes=GRID_MINUTES)))
