"""Undo: a move or cancellation taken back within a minute, as if it had not been, by whoever made it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, update

from booking.actions.confirm import claim
from booking.actions.find_appointment import row_by_token
from booking.actions.letters import post
from booking.actions.locking import held_until, lock_appointment
from booking.actions.presenting import present
from booking.actions.relocations import ask_again
from booking.actions.snapshots import concern_rows
from booking.actions.taking import release, seize, span_of, visit_of
from booking.actions.tally import note
from booking.actions.transaction import reads, writes
from booking.errors import UndoOver
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import Appointment as Row
from booking.models import AppointmentClerk, Kind, Letter, LetterStatus, Undo
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import TIME_TO_UNDO, Status, Step, back


@dataclass(frozen=True, slots=True)
class WayBack:
    """Until when the latest step can be undone; ``step`` names it, so that no other one is undone in its place."""

    step: int
    until: datetime


@reads
def way_back(appointment: Appointment, *, now: datetime, by_staff: bool = False) -> WayBack | None:
    """Return how the appointment's latest step can be undone by the citizen (or by staff, if it was theirs)."""
    way = db.session.get(Undo, appointment.id, populate_existing=True)
    if way is None or way.by_staff != by_staff:
        return None
    until = _open_until(way, appointment.status, appointment.sequence, appointment.start)
    return WayBack(way.sequence, until) if until is not None and until > now else None


@writes
def undo(token: str, *, step: int, now: datetime) -> Appointment:
    """Put an appointment back where it was before ``step``; what is undone already stays so.

    Nobody hears of it if nobody has heard of the step; else the next edition of the calendar entry follows. Raises
    NotFound, LinkRevoked, UndoOver, StartTaken (staff may take a time that is held), TooManyAppointments, Unavailable.
    """
    return take_back(row_by_token(token), step=step, now=now)


def take_back(row: Row, *, step: int, now: datetime, by_staff: bool = False) -> Appointment:
    """Undo a step inside the caller's transaction; the citizen's own, or one of the staff. Raises as ``undo`` does."""
    way = db.session.get(Undo, row.id)
    if way is None:
        raise UndoOver
    catalogue = lock_appointment(row, way.office_id)
    way = db.session.get(Undo, row.id, populate_existing=True)  # gone, if the job that forgets was faster
    if way is None or way.sequence != step or way.by_staff != by_staff:
        raise UndoOver  # another step, perhaps made while we waited for the lock: its office may not be ours either
    if way.is_done and row.sequence == way.sequence + 1:
        return present(row, catalogue)
    if not is_open(way, row, now):
        raise UndoOver
    return go_back(row, catalogue, way, now=now)


def remember(row: Row, *, now: datetime, by_staff: bool = False) -> None:
    """Keep, under the lock and before anything changes, what a move or cancellation can be undone to."""
    start, end = span_of(row)
    on_its_way = (Letter.appointment_id == row.id, Letter.status == LetterStatus.WAITING)
    way = Undo(
        appointment_id=row.id,
        until=now + TIME_TO_UNDO,
        sequence=row.sequence + (0 if row.status == Status.PENDING else 1),  # what was never firm has no next edition
        status=row.status,
        office_id=row.office_id,
        clerks=[[at.clerk_id, at.after_minutes] for at in row.clerks],
        start=start,
        end=end,
        is_quiet=not db.session.scalar(select(exists().where(*on_its_way))),
        is_done=False,
        by_staff=by_staff,
        outside_blocks=row.outside_blocks,
    )
    db.session.merge(way)


def hold_back(row: Row, *, now: datetime) -> None:
    """Let the letters of the latest edition wait until it can no longer be undone."""
    _set_letters(row, next_at=now + TIME_TO_UNDO)


def held_for_undo(catalogue: Catalogue, office: int, now: datetime, *, start: datetime | None) -> datetime:
    """Return until when a time that can still be taken back is kept from others: the office's delay comes after."""
    over = now + TIME_TO_UNDO
    return held_until(catalogue, office, over, start=start) or over


def is_open(way: Undo, row: Row, now: datetime) -> bool:
    """Whether nothing else has happened since the step, its minute is not over, and nothing has begun."""
    if row.start is None:
        return False
    until = _open_until(way, Status(row.status), row.sequence, row.start)
    return until is not None and until > now


def go_back(row: Row, catalogue: Catalogue, way: Undo, *, now: datetime) -> Appointment:
    """Undo the step under the lock. Its own time is taken as it was: hours that were closed meanwhile do not matter."""
    was_cancelled = row.status == Status.CANCELLED
    row.status = back(Status.CANCELLED, Status(way.status)).value if was_cancelled else way.status
    row.cancelled_by = None
    note(Outcome.UNDONE, row.channel)
    release(row, held_until=held_until(catalogue, row.office_id, now, start=row.start))
    if row.office_id != way.office_id:
        row.office_id = way.office_id
        row.concerns = concern_rows(visit_of(row, catalogue, way.office_id, staff=way.by_staff))
    row.start, row.end = way.start, way.end
    row.outside_blocks = way.outside_blocks
    if sorted(at.clerk_id for at in row.clerks) != sorted(clerk for clerk, _ in way.clerks):
        row.clerks = [AppointmentClerk(clerk_id=clerk, after_minutes=minutes) for clerk, minutes in way.clerks]
    seize(row, catalogue, now)
    if was_cancelled and row.status != Status.PENDING:
        claim(row, catalogue, now=now)
    row.changed_at = now
    way.is_done = True
    _tell(row, catalogue, way, now=now)
    ask_again(row, step=way.sequence)
    return present(row, catalogue)


def forget_ways_back(now: datetime) -> None:
    """Delete what can no longer be undone."""
    db.session.execute(delete(Undo).where(Undo.until <= now - TIME_TO_UNDO))


def _open_until(way: Undo, status: Status, sequence: int, start: datetime) -> datetime | None:
    """Return when the undo closes. Staff see who is there: they also take back what has begun meanwhile."""
    left, entered = (way.until, way.until) if way.by_staff else (way.start, start)
    step = Step(sequence=way.sequence, start=left, until=way.until, is_done=way.is_done)
    return step.open_until(status, sequence, entered)


def _tell(row: Row, catalogue: Catalogue, way: Undo, *, now: datetime) -> None:
    """Withdraw the step's letter; who may have heard of the step is told how things stand (RFC 5546: a next edition).

    The SEQUENCE rises in any case: somebody may have fetched the entry as a file meanwhile.
    """
    _set_letters(row, status=LetterStatus.SUPERSEDED.value)
    mine = (Letter.appointment_id == row.id, Letter.sequence == way.sequence)
    gone = db.session.scalars(select(Letter.kind).where(*mine, Letter.status != LetterStatus.SUPERSEDED)).first()
    _keep_reminder(row, before=way.sequence - 1, after=way.sequence + 1)
    row.sequence += 1
    if way.is_quiet and gone is None:
        return
    firm = Kind.MOVED if gone == Kind.MOVED else Kind.CONFIRMED
    kind = Kind.VERIFY if row.status == Status.PENDING else firm
    post(row, catalogue, kind, now=now, unasked=way.by_staff and kind is Kind.MOVED)


def _set_letters(row: Row, **values: object) -> None:
    """Change the letters of the present edition that nobody has begun to send; the row of one being sent decides."""
    untouched = (Letter.claimed_until.is_(None), Letter.attempts == 0, Letter.status == LetterStatus.WAITING)
    mine = (Letter.appointment_id == row.id, Letter.sequence == row.sequence)
    changed = update(Letter).where(*mine, *untouched).values(**values)
    db.session.execute(changed.execution_options(synchronize_session=False))


def _keep_reminder(row: Row, *, before: int, after: int) -> None:
    """A reminder that has been sent counts for the time that is restored: it is not sent again."""
    sent = (Letter.once == f"reminder:{row.id}:{before}", Letter.status == LetterStatus.SENT)
    db.session.execute(update(Letter).where(*sent).values(once=f"reminder:{row.id}:{after}"))
