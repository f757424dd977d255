"""Counting what an action did, once it is committed: it may run twice, and what is rolled back did not happen."""

from collections.abc import Callable
from functools import partial

from booking import metrics
from booking.extensions import db
from booking.metrics import Guard, Outcome, Returned

NOTED = "tally"


def note(outcome: Outcome, channel: str) -> None:
    """Note what becomes of an appointment; it counts when the transaction has been committed."""
    _later(partial(metrics.count_booking, outcome, channel))


def note_guard(guard: Guard) -> None:
    """Note what a booking met on its way, likewise."""
    _later(partial(metrics.count_guard, guard))


def note_return(returned: Returned) -> None:
    """Note what a message of the mailbox changed, likewise."""
    _later(partial(metrics.count_return, returned))


def forget() -> None:
    """Forget what was noted: it has been rolled back."""
    db.session.info.pop(NOTED, None)


def count() -> None:
    """Count what was noted: it has been committed."""
    for counting in db.session.info.pop(NOTED, ()):
        counting()


def _later(counting: Callable[[], None]) -> None:
    db.session.info.setdefault(NOTED, []).append(counting)
