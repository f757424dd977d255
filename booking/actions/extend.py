"""Extend: a visit that is under way takes longer than was planned."""

from datetime import datetime

from booking.actions.audit import record
from booking.actions.gaps import lengthen
from booking.actions.locking import lock_appointment
from booking.actions.marks import keep, latest_mark
from booking.actions.reach import row_in_reach
from booking.actions.transaction import writes
from booking.rules.lifecycle import Status, Verb
from booking.rules.marks import marked
from booking.rules.roles import Actor


@writes
def extend(reference: str, minutes: int, *, by: Actor, now: datetime) -> None:
    """Let a visit last so many minutes longer (whole cells), undone like any other mark.

    Raises NotFound, NotPossibleNow, Invalid, FreeOnlyUntil, Unavailable.
    """
    row = row_in_reach(reference, by)
    catalogue = lock_appointment(row)
    marked(Status(row.status), Verb.EXTEND)
    latest = latest_mark(row)
    if latest and (latest.verb, latest.at) == (Verb.EXTEND, now):
        return  # a commit whose answer was lost
    keep(row, Verb.EXTEND, now=now)
    lengthen(row, catalogue, minutes, now=now)
    row.changed_at = now
    record(by, "extend", row, now=now, minutes=minutes)
