"""Correct what was misspelt: a name, an address, a number, the language of the letters."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select

from booking.actions.audit import record
from booking.actions.calls import must_call, open_call
from booking.actions.confirm import claim
from booking.actions.keys import contact_hash
from booking.actions.letters import post, supersede
from booking.actions.locking import lock_appointment
from booking.actions.reach import row_for
from booking.actions.relocations import is_unanswered
from booking.actions.transaction import writes
from booking.errors import Fault, Invalid, NotPossibleNow, TooManyAppointments
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Call, Claim, Kind, Letter, News
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE, CancelledBy, Status
from booking.rules.roles import Actor

NEWS = {Kind.RELOCATED: News.MOVED, Kind.MOVED: News.MOVED, Kind.CANCELLED_BY_OFFICE: News.CANCELLED}


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where and how somebody is reached: tidied by the door, each may be empty."""

    phone: str
    email: str
    language: str


@writes
def correct_name(by: Actor, reference: str, name: str, *, now: datetime) -> bool:
    """Correct a misspelt name; return whether it changed. The audit log keeps that, and not what it was.

    A name that is bound when one books is the best guard against resale: the log of corrections shows who unbinds it.
    Raises NotFound.
    """
    row = row_for(by, reference)
    lock_appointment(row)
    if row.name == name:
        return False
    row.name = name
    row.changed_at = now
    record(by, "corrected-name", row, now=now)
    return True


@writes
def correct_contact(by: Actor, reference: str, wanted: Reachable, *, now: datetime) -> tuple[str, ...]:
    """Correct telephone, e-mail and language; return the names of the fields that changed.

    Another e-mail address is unproven: earlier links open nothing any more, and the new one gets a bare first letter.
    What the office has decided and the citizen may not know goes there too, or onto the call list without an address.
    Raises NotFound, Invalid (neither number nor address; a language nobody offers), NotPossibleNow (its address asked
    to confirm, and only the citizen can correct that one).
    """
    row = row_for(by, reference)
    catalogue = lock_appointment(row)
    changed = tuple(field for field in ("phone", "email", "language") if getattr(row, field) != getattr(wanted, field))
    if not changed:
        return ()
    _check(row, catalogue, wanted)
    row.phone, row.language = wanted.phone, wanted.language
    if "email" in changed:
        _readdress(row, catalogue, wanted.email, now)
    row.changed_at = now
    record(by, "corrected-contact", row, now=now, fields=list(changed))
    return changed


def _check(row: Row, catalogue: Catalogue, wanted: Reachable) -> None:
    if wanted.language != row.language and wanted.language not in catalogue.languages:
        raise Invalid(Fault("/language", "language"))
    if not wanted.phone and not wanted.email and (row.phone or row.email):
        raise Invalid(Fault("/phone", "phone-or-email"))
    if wanted.email != row.email and row.status in {Status.PENDING, Status.EXPIRED}:
        raise NotPossibleNow("unconfirmed")


def _readdress(row: Row, catalogue: Catalogue, email: str, now: datetime) -> None:
    news = _untold(row, now)
    supersede(row, *Kind)  # nothing that was queued for the wrong address leaves any more
    row.generation += 1
    row.email = email
    row.address_proven = False
    row.mail_failure = None
    row.contact = contact_hash(email, now) if email else None
    db.session.execute(delete(Claim).where(Claim.appointment_id == row.id))
    if row.status in ACTIVE and row.start is not None:
        with suppress(TooManyAppointments):  # the quota guards against hoarding by mail; this one is firm already
            claim(row, catalogue, now=now)
    kind = news or (Kind.CONFIRMED if row.status == Status.CONFIRMED and row.start is not None else None)
    if kind is not None:
        post(row, catalogue, kind, now=now, unasked=kind is Kind.MOVED)
    if news is not None:
        _call_without_address(row, NEWS[news], now)


def _untold(row: Row, now: datetime) -> Kind | None:
    """Return the letter of what the office decided, unless its citizen has answered or was told by telephone."""
    if row.end is None or row.end <= now:
        return None
    kind = _decided(row)
    if kind is None:
        return None
    told = (Call.appointment_id == row.id, Call.news == NEWS[kind].value, Call.outcome == "reached")
    return None if db.session.scalar(select(exists().where(*told))) else kind


def _decided(row: Row) -> Kind | None:
    if row.status == Status.CANCELLED:
        return Kind.CANCELLED_BY_OFFICE if row.cancelled_by == CancelledBy.OFFICE else None
    if row.status != Status.CONFIRMED:
        return None
    if is_unanswered(row):
        return Kind.RELOCATED
    unasked = (Letter.appointment_id == row.id, Letter.sequence == row.sequence, Letter.unasked)
    return Kind.MOVED if db.session.scalar(select(exists().where(*unasked))) else None


def _call_without_address(row: Row, news: News, now: datetime) -> None:
    """Put whoever has no address any more onto the call list; a call that stands there keeps its tries."""
    call = open_call(row.id)
    if call is None or call.news != news:
        must_call(row, news, now=now)
