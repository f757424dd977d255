"""Mail the links of an address's open appointments again, to nobody but that address."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select

from booking.actions.catalogues import catalogue_of
from booking.actions.keys import contact_hash, network_hash
from booking.actions.letters import post, written_to
from booking.actions.locking import lock_appointment
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Kind, Letter, LinkAsking, LinkRequest
from booking.rules.lifecycle import ACTIVE, Status
from booking.rules.secrets import heard

PAUSE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_A_DAY = 4  # letters to one contact: anybody may ask for them in anybody's name
LONGEST_WAIT = timedelta(days=1)  # with the jobs away: who asked has long called or asked again
FOUND = ACTIVE | {Status.EXPIRED}  # the link of what was not confirmed in time still opens it


@writes
def note_request(municipality: str, reference: str, email: str, *, network: str, now: datetime) -> None:
    """Note that somebody lost a link; the jobs look for it and mail it.

    The caller learns nothing: whoever asks waits for the same statements, whether or not there is such an appointment,
    and a ``network`` (the client's address) that asks too often in an hour gets the same answer and nothing is noted.
    It may ask as often as it may hold unconfirmed bookings: who raised that knows of many people behind one address.
    Raises NotFound only for an unknown municipality.
    """
    catalogue = catalogue_of(municipality)
    mine = {"municipality_id": catalogue.id, "network": network_hash(network, now)}
    often = select(func.count(LinkAsking.id)).filter_by(**mine).where(LinkAsking.created_at > now - HOUR)
    if (db.session.scalar(often) or 0) >= catalogue.policy.max_open_per_network:
        return
    db.session.execute(insert(LinkAsking).values(**mine, created_at=now))
    asked = {"reference": reference, "email": email, "created_at": now}
    db.session.execute(insert(LinkRequest).values(municipality_id=catalogue.id, **asked))


def answer_link_requests(*, now: datetime) -> int:
    """Answer what waits, one short transaction each; return how many there were."""
    answered = 0
    while _is_any() and _answer_next(now):
        answered += 1
    return answered


@reads
def _is_any() -> bool:
    """Asked every second, so it takes no lock."""
    found = db.session.scalar(select(LinkRequest.id).limit(1))
    db.session.rollback()
    return found is not None


@writes
def _answer_next(now: datetime) -> bool:
    oldest = select(LinkRequest).order_by(LinkRequest.id).limit(1).with_for_update(skip_locked=True)
    request = db.session.scalars(oldest).one_or_none()
    if request is None:
        return False
    _mail(request.municipality_id, request.reference, request.email, now)
    db.session.delete(request)
    return True


@writes
def send_link(municipality: str, reference: str, email: str, *, now: datetime) -> None:
    """Mail the links to this address, if it has an open appointment; with a ``reference`` only if it has that one."""
    _mail(catalogue_of(municipality).id, reference, email, now)


def forget_link_requests(now: datetime) -> None:
    """Delete what nobody has answered, the jobs being away, and which networks asked longer ago than counts."""
    db.session.execute(delete(LinkAsking).where(LinkAsking.created_at <= now - HOUR))
    db.session.execute(delete(LinkRequest).where(LinkRequest.created_at <= now - LONGEST_WAIT))


def open_beside(row: Row, now: datetime) -> Sequence[Row]:
    """Return the other open appointments of an appointment's address at its municipality, the next one first."""
    found = _open_of(row.municipality_id, row.email, now, Row.contact == row.contact)
    return [other for other in found if other.id != row.id]


def _mail(municipality: int, reference: str, email: str, now: datetime) -> None:
    """One letter tells of all; it is written to the one that was named, or the next."""
    which = Row.reference == heard(reference) if reference else Row.contact == contact_hash(email, now)
    found = _open_of(municipality, email, now, which)
    if not found:
        return
    row = found[0]
    is_proven = any(each.address_proven for each in found)
    catalogue = lock_appointment(row)
    if _may_tell(row, now) and (is_proven or not _has_told(row)):
        post(row, catalogue, Kind.LINK, now=now)


def _may_tell(row: Row, now: datetime) -> bool:
    """Whether the contact has had no such letter just now, and few today. What others book in its name counts apart."""
    if written_to(row, Kind.LINK, since=now - PAUSE):
        return False
    return written_to(row, Kind.LINK, since=now - DAY) < MOST_A_DAY


def _has_told(row: Row) -> bool:
    """Whether an appointment's link was mailed again: once, while its address is unproven and perhaps a stranger's."""
    told = (Letter.appointment_id == row.id, Letter.kind == Kind.LINK.value)
    return db.session.scalar(select(Letter.id).where(*told).limit(1)) is not None


def _open_of(municipality: int, email: str, now: datetime, which: ColumnElement[bool]) -> list[Row]:
    mine = (Row.municipality_id == municipality, Row.erased_at.is_(None), Row.end > now, Row.status.in_(FOUND), which)
    rows = db.session.scalars(select(Row).where(*mine).order_by(Row.start, Row.id))
    return [row for row in rows if row.email.casefold() == email.casefold()]
