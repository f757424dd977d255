"""Confirm: by the mail's link, or by its six digits typed into the page that booked."""

from datetime import datetime

from sqlalchemy import delete, select

from booking.actions.blocked import is_blocked
from booking.actions.find_appointment import row_by_holder, row_by_token
from booking.actions.find_starts import nearest_to
from booking.actions.keys import keyring
from booking.actions.letters import post, supersede
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.relocations import keep_question
from booking.actions.taking import assign_clerk, owns_its_time, release, seize, visit_of
from booking.actions.tally import note
from booking.actions.transaction import writes
from booking.errors import BookByPhone, CodeLocked, ConfirmationExpired, NotPossibleNow, StartTaken, WrongCode
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import ASKING, Claim, Kind, Letter
from booking.models import Appointment as Row
from booking.models.cells import Owner
from booking.rules.appointments import Appointment, Wish
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, Verb, after, is_done
from booking.rules.limits import lowest_free_place
from booking.rules.secrets import MAX_WRONG_CODES, is_code


def confirm(token: str, *, now: datetime) -> Appointment:
    """Confirm by the mailed link, also late if the time is still free; what is confirmed stays so.

    Raises NotFound, LinkRevoked, NotPossibleNow, TooManyAppointments, BookByPhone, ConfirmationExpired (with the
    nearest free starts), Unavailable.
    """
    return _or_alternatives(_confirm_by_token(token, now), now)


def confirm_by_code(reference: str, holder: str, code: str, *, now: datetime) -> Appointment:
    """Confirm by the letter's digits; wrong ones count per appointment, across resends.

    Raises what ``confirm`` raises, and WrongCode, CodeLocked.
    """
    if not _code_is_right(reference, holder, code, now):
        raise WrongCode
    return _or_alternatives(_confirm_by_holder(reference, holder, code, now), now)


def _or_alternatives(outcome: tuple[Appointment, bool], now: datetime) -> Appointment:
    appointment, confirmed = outcome
    if confirmed:
        return appointment
    wishes = [Wish(concern.slug, concern.quantity) for concern in appointment.concerns]
    place = appointment.catalogue.slug, wishes, appointment.office.slug
    raise ConfirmationExpired(nearest_to(*place, start=appointment.start, now=now))


@writes
def _confirm_by_token(token: str, now: datetime) -> tuple[Appointment, bool]:
    return _confirm(row_by_token(token), now)


@writes
def _confirm_by_holder(reference: str, holder: str, code: str, now: datetime) -> tuple[Appointment, bool]:
    row = row_by_holder(reference, holder)
    if not is_code(code, row.reference, row.generation, keyring()):
        raise WrongCode  # the address was corrected after the code was counted: it proves another one
    return _confirm(row, now)


@writes
def _code_is_right(reference: str, holder: str, code: str, now: datetime) -> bool:
    """Check and count in one transaction of its own: a refusal must not roll the count back."""
    row = row_by_holder(reference, holder)
    lock_appointment(row)
    if row.wrong_codes >= MAX_WRONG_CODES:
        raise CodeLocked
    if row.status != Status.EXPIRED and is_code(code, row.reference, row.generation, keyring()):
        return True  # what is expired or was declined has no code: its link decides
    row.wrong_codes += 1
    row.changed_at = now
    return False


def _confirm(row: Row, now: datetime) -> tuple[Appointment, bool]:
    catalogue = lock_appointment(row)
    if is_done(Status(row.status), Verb.CONFIRM):
        tell_all(row, catalogue, now)
        return present(row, catalogue), True
    status = after(Status(row.status), Verb.CONFIRM)
    if row.start is None or row.start <= now:
        raise NotPossibleNow(Status.EXPIRED)
    if not owns_its_time(row):
        try:
            _take_again(row, catalogue, now)
        except StartTaken:
            return present(row, catalogue), False
    settle(row, catalogue, status=status, now=now)
    post(row, catalogue, Kind.CONFIRMED, now=now)
    return present(row, catalogue), True


def prove(row: Row) -> None:
    """Note that whoever used the link reads the mail of this address: letters may name person and concern now.

    Opening the link is no use of it: mail scanners do that, too.
    """
    row.address_proven = True


def tell_all(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Staff typed the address, so the letter of a firm time was bare; now that it is proven, the whole follows."""
    if row.address_proven or row.status != Status.CONFIRMED:
        return
    prove(row)
    row.sequence += 1
    keep_question(row)
    row.changed_at = now
    post(row, catalogue, Kind.CONFIRMED, now=now)


def _take_again(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Late, but the time may still be free (also if it is held back from others): take its cells anew.

    What was declined has never had its time. Were it to take what is held back, it would be a way to hand times over.
    """
    release(row)
    visit = visit_of(row, catalogue, row.office_id)
    assign_clerk(row, catalogue, visit, now=now, owner=Owner(takes_held=_had_time(row), mover=row.id))
    seize(row, catalogue, now)


def _had_time(row: Row) -> bool:
    asked = select(Letter.id).where(Letter.appointment_id == row.id, Letter.kind == Kind.VERIFY.value)
    return db.session.scalar(asked.limit(1)) is not None


def settle(row: Row, catalogue: Catalogue, *, status: Status, now: datetime) -> None:
    """Make a booking firm: its address is proven, it takes a quota place, nothing asks for confirmation any more.

    Raises TooManyAppointments, BookByPhone.
    """
    if is_blocked(row, now):
        raise BookByPhone
    claim(row, catalogue, now=now)
    supersede(row, *ASKING)
    row.status = status.value
    prove(row)
    row.confirmed_at = now
    row.confirm_by = None
    row.changed_at = now
    note(Outcome.CONFIRMED, row.channel)


def claim(row: Row, catalogue: Catalogue, *, now: datetime) -> None:
    """Take the lowest free place of the contact's quota; TooManyAppointments when none is left.

    Places of appointments that are over are given back first. The primary key decides between two who are equally fast.
    """
    if row.contact is None:
        return
    over = select(Row.id).where(Row.municipality_id == row.municipality_id, Row.contact == row.contact, Row.end <= now)
    db.session.execute(delete(Claim).where(Claim.appointment_id.in_(over)))
    mine = (Claim.municipality_id == row.municipality_id, Claim.contact == row.contact)
    taken = db.session.scalars(select(Claim.place).where(*mine)).all()
    place = lowest_free_place(taken, catalogue.office(row.office_id).policy.max_active_per_contact)
    db.session.add(Claim(municipality_id=row.municipality_id, contact=row.contact, place=place, appointment_id=row.id))
    db.session.flush()
