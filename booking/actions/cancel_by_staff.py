"""Cancel as staff, for a caller or by the office; and take back, within a minute, what staff moved or cancelled."""

from datetime import datetime

from booking.actions.audit import record
from booking.actions.calls import must_call, need_not_call
from booking.actions.cancel import call_off
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.reach import row_for
from booking.actions.relocations import with_former
from booking.actions.transaction import writes
from booking.actions.undo import remember, take_back
from booking.errors import NotPossibleNow
from booking.models import News
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import CancelledBy, Status, Verb, is_done
from booking.rules.roles import Actor


@writes
def cancel_by_staff(by: Actor, reference: str, wished: CancelledBy, *, now: datetime) -> Appointment:
    """Cancel because the citizen or the office wishes so; what is cancelled stays so. The letter waits a minute.

    Whom the office cancels without a letter reaching them goes onto the call list. Raises NotFound, NotPossibleNow.
    """
    row = row_for(by, reference)
    catalogue = lock_appointment(row)
    if is_done(Status(row.status), Verb.CANCEL):
        return present(row, catalogue)
    if row.start is None:
        raise NotPossibleNow("mark")  # without a time there is nothing to call off: who has left is marked as missing
    was_firm = row.status != Status.PENDING
    remember(row, now=now, by_staff=True)
    call_off(row, catalogue, wished, now=now, undoable=True)
    if was_firm and wished is CancelledBy.OFFICE:
        must_call(row, News.CANCELLED, now=now)
    record(by, "cancelled", row, now=now, wished_by=wished.value)
    return present(row, catalogue)


@writes
def undo_by_staff(by: Actor, reference: str, *, step: int, now: datetime) -> Appointment:
    """Take back what staff moved or cancelled, as if it had not been. Raises NotFound, UndoOver, StartTaken."""
    row = row_for(by, reference)
    before = row.sequence
    found = take_back(row, step=step, now=now, by_staff=True)
    if row.sequence != before:  # else it had been undone already
        need_not_call(row)
        if with_former(found).former:  # but what the office had moved before is still to be told
            must_call(row, News.MOVED, now=now)
        record(by, "undone", row, now=now)
    return found
