"""Note what a citizen's calendar answers. A decline cancels nothing: it is shown to staff, and a letter asks once."""

from datetime import datetime

from sqlalchemy import exists, select

from booking.actions import tally
from booking.actions.catalogues import all_catalogues
from booking.actions.letters import mail_domain, post
from booking.actions.locking import lock_appointment
from booking.actions.transaction import writes
from booking.extensions import db
from booking.ical import REQUEST
from booking.ical.origin import ascii_domain
from booking.ical.replies import Reply
from booking.metrics import Returned
from booking.models import Appointment, Kind, Letter
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status

SETTLING = frozenset({"ACCEPTED", "TENTATIVE"})


@writes
def note_reply(reply: Reply, *, now: datetime) -> bool:
    """Note an answer to one of our calendar entries; return whether the entry is, or was, one of ours.

    Only the answer of whoever the entry was sent to counts, and only to its present edition: a calendar that declines
    the old time has not declined the new one.
    """
    row = db.session.scalars(select(Appointment).where(Appointment.uid == reply.uid)).one_or_none()
    if row is None:
        return _is_of_ours(reply.uid)
    if _changes_something(row, reply, now):
        catalogue = lock_appointment(row)
        if _changes_something(row, reply, now):
            _note(row, catalogue, reply, now)
    return True


def _note(row: Appointment, catalogue: Catalogue, reply: Reply, now: datetime) -> None:
    if reply.answer in SETTLING:
        row.declined_at = row.declined_sequence = None
        tally.note_return(Returned.ACCEPTANCE)
        return
    row.declined_at, row.declined_sequence = now, row.sequence
    tally.note_return(Returned.DECLINE)
    once = f"declined:{row.id}:{row.sequence}"  # whoever clicks to and fro is asked once for each time that was agreed
    if not db.session.scalar(select(exists().where(Letter.once == once))):
        post(row, catalogue, Kind.DECLINED, now=now, once=once)


def _changes_something(row: Appointment, reply: Reply, now: datetime) -> bool:
    if row.status != Status.CONFIRMED or row.start is None or row.start <= now or reply.sequence < row.sequence:
        return False
    is_declined = row.declined_sequence == row.sequence
    wanted = reply.answer in SETTLING if is_declined else reply.answer == "DECLINED"
    return wanted and _was_invited(row, reply.attendee)


def _was_invited(row: Appointment, attendee: str) -> bool:
    """Whether its entry went to this address, which is still the appointment's."""
    if not row.email or ascii_domain(row.email).casefold() != attendee:
        return False
    sent = (Letter.appointment_id == row.id, Letter.method == REQUEST, Letter.address == row.email)
    return bool(db.session.scalar(select(exists().where(*sent))))


def _is_of_ours(uid: str) -> bool:
    """Whether an entry that nobody knows any more was made here: people may read the same mailbox, and invite too."""
    return uid.rpartition("@")[2] in {mail_domain(catalogue) for catalogue in all_catalogues()}
