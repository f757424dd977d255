"""Cancel: by the citizen with the mailed link, or by the office."""

from datetime import datetime

from sqlalchemy import delete

from booking.actions.confirm import prove
from booking.actions.find_appointment import row_by_token
from booking.actions.letters import post, supersede
from booking.actions.locking import held_until, lock_appointment
from booking.actions.presenting import present
from booking.actions.relocations import note_answer
from booking.actions.taking import release
from booking.actions.tally import note
from booking.actions.transaction import writes
from booking.actions.undo import held_for_undo, hold_back, remember
from booking.errors import NotFound, NotPossibleNow
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import ASKING, Claim, Kind
from booking.models import Appointment as Row
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import CancelledBy, Status, Verb, after, is_done

LETTERS = {CancelledBy.CITIZEN: Kind.CANCELLED_BY_CITIZEN, CancelledBy.OFFICE: Kind.CANCELLED_BY_OFFICE}

OUTCOMES = {CancelledBy.CITIZEN: Outcome.CANCELLED_BY_CITIZEN, CancelledBy.OFFICE: Outcome.CANCELLED_BY_OFFICE}


@writes
def cancel(token: str, *, now: datetime) -> Appointment:
    """Cancel by the mailed link; what is cancelled stays so. For a minute it can be undone, and no letter leaves.

    Raises NotFound, LinkRevoked, NotPossibleNow (also once it has begun), Unavailable.
    """
    row = row_by_token(token)
    has_begun = row.start is None or row.start <= now  # without a time: somebody who came too late, and waits
    if has_begun and row.status != Status.CANCELLED:
        raise NotPossibleNow(row.status)
    return _cancel(row, CancelledBy.CITIZEN, now)


@writes
def cancel_by_office(appointment_id: int, *, now: datetime) -> Appointment:
    """Cancel for the office, with a letter that says so. Raises NotFound, NotPossibleNow, Unavailable."""
    row = db.session.get(Row, appointment_id)
    if row is None:
        raise NotFound("appointment")
    return _cancel(row, CancelledBy.OFFICE, now)


def _cancel(row: Row, by: CancelledBy, now: datetime) -> Appointment:
    catalogue = lock_appointment(row)
    if not is_done(Status(row.status), Verb.CANCEL):
        if by is CancelledBy.CITIZEN:
            remember(row, now=now)
            note_answer(row, "cancelled", now=now)
            prove(row)
        call_off(row, catalogue, by, now=now, undoable=by is CancelledBy.CITIZEN)
    return present(row, catalogue)


def call_off(row: Row, catalogue: Catalogue, by: CancelledBy, *, now: datetime, undoable: bool) -> None:
    """Cancel under the lock, give back the time and write the letter; what can be undone has been remembered by then.

    Raises NotPossibleNow.
    """
    was_firm = row.status != Status.PENDING
    row.status = after(Status(row.status), Verb.CANCEL).value
    row.cancelled_by = by.value
    note(OUTCOMES[by], row.channel)
    row.changed_at = now
    hold = held_for_undo if undoable else held_until
    release(row, held_until=hold(catalogue, row.office_id, now, start=row.start))
    db.session.execute(delete(Claim).where(Claim.appointment_id == row.id))
    supersede(row, *ASKING, Kind.REMINDER)
    if was_firm:  # nobody gets a cancellation of what they never confirmed
        row.sequence += 1
        post(row, catalogue, LETTERS[by], now=now)
    if undoable:
        hold_back(row, now=now)
