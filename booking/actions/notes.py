"""Notes on appointments: for colleagues, and never two at once over each other."""

from datetime import datetime
from hashlib import sha256

from booking.actions.audit import record
from booking.actions.locking import lock_appointment
from booking.actions.reach import row_for
from booking.actions.transaction import writes
from booking.errors import NoteChanged
from booking.rules.roles import Actor


def edition_of(note: str) -> str:
    """Return what tells one text of a note from another, for the form that changes it."""
    return sha256(note.encode()).hexdigest()[:16]


@writes
def save_note(by: Actor, reference: str, note: str, *, seen: str, now: datetime) -> None:
    """Save a note over the edition that was ``seen``; saving what stands there already changes nothing.

    Raises NotFound, NoteChanged (with the other text) if somebody else has saved one meanwhile.
    """
    row = row_for(by, reference)
    lock_appointment(row)
    if row.note == note:
        return
    if edition_of(row.note) != seen:
        raise NoteChanged(row.note)
    row.note = note
    row.changed_at = now
    record(by, "noted", row, now=now)
