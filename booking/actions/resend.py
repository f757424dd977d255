"""Send the letter that asks for confirmation again, to the same address or a corrected one; or give more time."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from booking.actions.blocked import is_blocked
from booking.actions.erased_bookings import keep_counting
from booking.actions.find_appointment import row_by_holder
from booking.actions.keys import contact_hash
from booking.actions.letters import may_write_to, post, supersede
from booking.actions.locking import held_until, lock_appointment
from booking.actions.presenting import present
from booking.actions.standing import open_of_contact
from booking.actions.taking import asking_of, policy_of, release
from booking.actions.tally import note, note_guard
from booking.actions.transaction import reads, writes
from booking.errors import LettersSpent, NotPossibleNow, RateLimited
from booking.extensions import db
from booking.metrics import Guard, Outcome
from booking.models import ASKING, Kind, Letter
from booking.models import Appointment as Row
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, confirm_by, extended

MOST_VERIFY_LETTERS = 5


@reads
def letters_asked_for(appointment: Appointment) -> int:
    """Return how many letters have asked to confirm an appointment: a page that asks for one more names it."""
    return _asked(appointment.id)


@reads
def last_asked(appointment: Appointment) -> datetime:
    """Return when the latest letter that asks to confirm was written: its address may have been corrected."""
    latest = select(func.max(Letter.created_at)).where(*_asking(appointment.id))
    return db.session.scalar(latest) or appointment.created_at


@writes
def resend(reference: str, holder: str, *, now: datetime, seen: int | None = None) -> Appointment:
    """Send the letter that asks for confirmation once more; unless there is one that the asker had not ``seen``.

    So a double click, or Reload, sends one. Raises NotFound, NotPossibleNow, LettersSpent, RateLimited.
    """
    row = row_by_holder(reference, holder)
    catalogue = lock_appointment(row)
    _check_unconfirmed(row, now)
    if seen is None or seen == _asked(row.id):
        _check_letters(row, now)
        _ask_again(row, catalogue, now)
    return present(row, catalogue)


@writes
def extend(reference: str, holder: str, *, now: datetime) -> Appointment:
    """Give whoever needs longer the time to confirm once more, once (WCAG 2.2.1); asked twice, it is done.

    Raises NotFound, NotPossibleNow.
    """
    row = row_by_holder(reference, holder)
    catalogue = lock_appointment(row)
    _check_unconfirmed(row, now)
    if not row.extended and row.start is not None and row.confirm_by is not None:
        row.confirm_by = extended(policy_of(row, catalogue), asking_of(row), until=row.confirm_by)
        row.extended = True
        row.changed_at = now
    return present(row, catalogue)


@writes
def correct_address(reference: str, holder: str, email: str, *, now: datetime) -> Appointment:
    """Replace a mistyped address before it is confirmed; the link and code that went to the wrong one die.

    An address that has too many open bookings is told so by letter, as if it had been typed at once; and the former one
    still counts, or a stranger's could be typed again and again.
    Raises NotFound, NotPossibleNow, LettersSpent, RateLimited.
    """
    row = row_by_holder(reference, holder)
    catalogue = lock_appointment(row)
    if row.email == email:
        return present(row, catalogue)
    contact = contact_hash(email, now)
    declining = None
    if contact != row.contact:
        declining = _declining(row, catalogue, contact, now)
        keep_counting([row.id], now, is_erased=False)
    supersede(row, *Kind)  # nothing that was queued for the wrong address leaves any more
    row.email, row.contact = email, contact
    _check_unconfirmed(row, now)
    _check_letters(row, now)
    row.generation += 1
    row.mail_failure = None
    row.changed_at = now
    if row.start is not None:
        row.confirm_by = confirm_by(policy_of(row, catalogue), asking_of(row))
    if declining is Kind.TOO_MANY and row.status == Status.PENDING:
        _decline(row, catalogue, now)
    _ask_again(row, catalogue, now, declining)
    return present(row, catalogue)


def _declining(row: Row, catalogue: Catalogue, contact: str, now: datetime) -> Kind:
    """Return the letter that declines for another contact: who has room must not read of the former one's limit."""
    is_full = open_of_contact(row.municipality_id, contact, now) >= policy_of(row, catalogue).max_open_per_contact
    return Kind.TOO_MANY if is_full else Kind.ADDRESS_FIRST


def _decline(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Give the time back, as if it had never been the new address's; whoever typed it is not told."""
    row.status = Status.EXPIRED.value
    release(row, held_until=held_until(catalogue, row.office_id, now, start=row.start))
    note(Outcome.EXPIRED, row.channel)
    note_guard(Guard.CONTACT_LIMIT)


def _ask_again(row: Row, catalogue: Catalogue, now: datetime, declining: Kind | None = None) -> None:
    """What was declined by letter is declined again: whoever typed the address cannot tell the two apart."""
    kind = Kind.VERIFY if row.status == Status.PENDING else _declined_by(row, now, declining)
    supersede(row, kind)
    post(row, catalogue, kind, now=now)


def _declined_by(row: Row, now: datetime, declining: Kind | None) -> Kind:
    """Return the letter that declined a booking, or would now: its address may have been corrected since.

    It has had none yet if its address had had enough within that hour (``may_write_to``).
    """
    if is_blocked(row, now):
        return Kind.BY_PHONE
    if declining:
        return declining
    latest = select(Letter.kind).where(*_asking(row.id)).order_by(Letter.id.desc()).limit(1)
    kind = db.session.scalar(latest)
    return Kind.ADDRESS_FIRST if kind in {None, Kind.BY_PHONE} else Kind(kind)


def _check_unconfirmed(row: Row, now: datetime) -> None:
    if row.status not in {Status.PENDING, Status.EXPIRED}:
        raise NotPossibleNow(row.status)
    if row.confirm_by is None or row.confirm_by <= now:
        raise NotPossibleNow(Status.EXPIRED)


def _check_letters(row: Row, now: datetime) -> None:
    if _asked(row.id) >= MOST_VERIFY_LETTERS:
        raise LettersSpent(int(timedelta(hours=1).total_seconds()))
    if not may_write_to(row, now):
        raise RateLimited(int(timedelta(hours=1).total_seconds()))


def _asked(appointment_id: int) -> int:
    return db.session.scalar(select(func.count()).where(*_asking(appointment_id))) or 0


def _asking(appointment_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Letter.appointment_id == appointment_id, Letter.kind.in_([kind.value for kind in ASKING])
