"""Counting what an action did, once it is committed: it may run twice, and what is rolled back did not happen."""

from booking import metrics
from booking.extensions import db
from booking.metrics import Outcome

NOTED = "tally"


def note(outcome: Outcome, channel: str) -> None:
    """Note what becomes of an appointment; it counts when the transaction has been committed."""
    db.session.info.setdefault(NOTED, []).append((outcome, channel))


def forget() -> None:
    """Forget what was noted: it has been rolled back."""
    db.session.info.pop(NOTED, None)


def count() -> None:
    """Count what was noted: it has been committed."""
    for outcome, channel in db.session.info.pop(NOTED, ()):
        metrics.count_booking(outcome, channel)
