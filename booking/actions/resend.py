"""Send the letter again: to the same address, to a corrected one, or to whoever lost the link."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from booking.actions.catalogues import catalogue_of
from booking.actions.find_appointment import row_by_holder
from booking.actions.keys import contact_hash
from booking.actions.letters import may_write_to, post, supersede
from booking.actions.locking import lock_appointment
from booking.actions.presenting import present
from booking.actions.taking import policy_of
from booking.actions.transaction import writes
from booking.errors import NotPossibleNow, RateLimited
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Kind, Letter
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE, Status, confirm_by
from booking.rules.secrets import heard

MOST_VERIFY_LETTERS = 5
LINK_PAUSE = timedelta(minutes=5)


@writes
def resend(reference: str, holder: str, *, now: datetime) -> Appointment:
    """Send the letter that asks for confirmation once more. Raises NotFound, NotPossibleNow, RateLimited."""
    row = row_by_holder(reference, holder)
    catalogue = lock_appointment(row)
    _check_unconfirmed(row, now)
    _ask_again(row, catalogue, now)
    return present(row, catalogue)


@writes
def correct_address(reference: str, holder: str, email: str, *, now: datetime) -> Appointment:
    """Replace a mistyped address before it is confirmed; the link and code that went to the wrong one die.

    Raises NotFound, NotPossibleNow, RateLimited.
    """
    row = row_by_holder(reference, holder)
    catalogue = lock_appointment(row)
    if row.email == email:
        return present(row, catalogue)
    supersede(row, *Kind)  # nothing that was queued for the wrong address leaves any more
    row.email = email
    row.contact = contact_hash(email, now)
    _check_unconfirmed(row, now)
    row.generation += 1
    row.mail_failure = None
    row.changed_at = now
    if row.start is not None:
        policy = policy_of(row, catalogue)
        row.confirm_by = confirm_by(policy, start=row.start, booked=row.created_at)
    _ask_again(row, catalogue, now)
    return present(row, catalogue)


@writes
def send_link(municipality: str, reference: str, email: str, *, now: datetime) -> None:
    """Mail the link again to whoever knows reference and address; the caller learns nothing from the answer.

    Raises NotFound only for an unknown municipality.
    """
    catalogue = catalogue_of(municipality)
    mine = (Row.municipality_id == catalogue.id, Row.reference == heard(reference), Row.erased_at.is_(None))
    row = db.session.scalars(select(Row).where(*mine)).one_or_none()
    if row is None or row.email.casefold() != email.casefold() or row.status not in ACTIVE | {Status.EXPIRED}:
        return
    catalogue = lock_appointment(row)
    recent = (Letter.appointment_id == row.id, Letter.kind == Kind.LINK.value, Letter.created_at > now - LINK_PAUSE)
    if may_write_to(row, now) and not db.session.scalar(select(func.count()).where(*recent)):
        post(row, catalogue, Kind.LINK, now=now)


def _ask_again(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """What was declined by letter is declined again: whoever typed the address cannot tell the two apart."""
    kind = Kind.VERIFY if row.status == Status.PENDING else Kind.TOO_MANY
    supersede(row, kind)
    post(row, catalogue, kind, now=now)


def _check_unconfirmed(row: Row, now: datetime) -> None:
    if row.status not in {Status.PENDING, Status.EXPIRED}:
        raise NotPossibleNow(row.status)
    if row.confirm_by is None or row.confirm_by <= now:
        raise NotPossibleNow(Status.EXPIRED)
    asking = [Kind.VERIFY.value, Kind.TOO_MANY.value]
    sent = (Letter.appointment_id == row.id, Letter.kind.in_(asking))
    if (db.session.scalar(select(func.count()).where(*sent)) or 0) >= MOST_VERIFY_LETTERS or not may_write_to(row, now):
        raise RateLimited(int(timedelta(hours=1).total_seconds()))
