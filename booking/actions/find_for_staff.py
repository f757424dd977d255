"""Find somebody's appointment: at the desk by whatever is at hand, on the phone only by what the caller knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select

from booking.actions.audit import record, recorded, subject_of
from booking.actions.catalogues import catalogue_by_id
from booking.actions.keys import contact_hash
from booking.actions.reach import within
from booking.actions.transaction import reads, writes
from booking.errors import NotFound, SearchedTooOften
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import VainSearch
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.persons import fitting, is_called, is_number
from booking.rules.roles import Actor
from booking.rules.secrets import REFERENCE_LENGTH, heard
from booking.rules.texts import Text

MOST_FOUND = 50
LARGEST_NUMBER = 9999
HOUR = timedelta(hours=1)
MOST_VAIN = 30  # searches of one login in an hour that find nothing, and refusals that tell as much: see below
UNSEEN = frozenset({Status.EXPIRED})  # nobody's any more; its time may be another's


@dataclass(frozen=True, slots=True)
class Found:
    """One appointment in a list of finds. ``at`` is its start, or when a walk-in came."""

    reference: str
    municipality: int
    office: int
    name: str
    at: datetime
    is_walk_in: bool
    number: int | None
    status: Status
    concerns: tuple[Text, ...]
    is_discreet: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a caller said: a reference, or a name with a telephone number or an e-mail address."""

    reference: str = ""
    name: str = ""
    contact: str = ""


@reads
def find_at_desk(by: Actor, office: int, typed: str, *, now: datetime) -> tuple[Found, ...]:
    """Return what fits in one office: a reference, today's waiting number, or (a part of) a name; today's first."""
    if by.books_only or not by.reaches(by.municipality, office):
        raise NotFound("office")
    today = _today(catalogue_by_id(by.municipality), now)
    here = (Row.office_id == office, Row.municipality_id == by.municipality, Row.erased_at.is_(None))
    ids = _by_reference(here, typed) + _by_number(here, typed, today) + _by_name(here, typed)
    rows = db.session.scalars(select(Row).where(Row.id.in_(ids[: 2 * MOST_FOUND])))
    return _ordered(rows, today)


def find_for_caller(actors: Sequence[Actor], said: Said, *, now: datetime) -> tuple[Found, ...]:
    """Return the caller's open appointments, wherever the actors may look; empty for whatever does not fit exactly.

    Each find is written into the audit log, each search without one is counted. Raises SearchedTooOften.
    """
    _check_patience(actors, now=now)
    return _look_up(tuple(actors), said, now)


def count_as_vain(by: Actor, *, now: datetime) -> None:
    """Count what tells as much as a search, in a transaction of its own. Raises SearchedTooOften instead, as they do.

    Whoever is refused a booking for want of a reason learns from it whether somebody has an appointment.
    """
    _check_patience((by,), now=now)
    _count_alone(by.login, now)


def forget_searches(now: datetime) -> None:
    """Drop the vain searches that no longer count: how often somebody finds nobody is no one's business afterwards."""
    db.session.execute(delete(VainSearch).where(VainSearch.at <= now - HOUR))


@reads
def _check_patience(actors: Sequence[Actor], *, now: datetime) -> None:
    mine = (VainSearch.login_id.in_({by.login for by in actors}), VainSearch.at > now - HOUR)
    if (db.session.scalar(select(func.count(VainSearch.id)).where(*mine)) or 0) >= MOST_VAIN:
        raise SearchedTooOften


@writes
def _look_up(actors: tuple[Actor, ...], said: Said, now: datetime) -> tuple[Found, ...]:
    allowed = [by for by in actors if not by.books_only]
    rows = _said(allowed, said, now) if allowed else []
    for row in rows:
        by = next(by for by in allowed if by.reaches(row.municipality_id, row.office_id))
        if subject_of(row) not in recorded(by, "found", now=now):
            record(by, "found", row, now=now)
    if not rows and actors:
        _count_vain(actors[0].login, now)
    return tuple(sorted(map(_found, rows), key=lambda found: found.at))


@writes
def _count_alone(login: int, now: datetime) -> None:
    _count_vain(login, now)


def _count_vain(login: int, now: datetime) -> None:
    """Count a search in vain, once though the action may run again."""
    counted = (VainSearch.login_id == login, VainSearch.at == now)
    if not db.session.scalar(select(exists().where(*counted))):
        db.session.execute(insert(VainSearch).values(login_id=login, at=now))


def _said(actors: Sequence[Actor], said: Said, now: datetime) -> list[Row]:
    reach = or_(*(within(by) for by in actors))
    since = now - timedelta(days=1)  # today's too, if they have begun: the caller may be late
    live = (reach, Row.erased_at.is_(None), Row.end > since, Row.status.not_in(UNSEEN), Row.name != "")
    if said.reference:
        return list(db.session.scalars(select(Row).where(*live, Row.reference == heard(said.reference))))
    if not said.name or not said.contact:
        return []
    if "@" in said.contact:
        theirs = Row.contact == contact_hash(said.contact, now)
        return [row for row in db.session.scalars(select(Row).where(*live, theirs)) if is_called(row.name, said.name)]
    return _by_phone(live, said)


def _by_phone(live: Iterable[ColumnElement[bool]], said: Said) -> list[Row]:
    known = db.session.execute(select(Row.id, Row.name, Row.phone).where(*live, Row.phone != ""))
    ids = [key for key, name, phone in known if is_number(phone, said.contact) and is_called(name, said.name)]
    return list(db.session.scalars(select(Row).where(Row.id.in_(ids))))


def _by_reference(here: Iterable[ColumnElement[bool]], typed: str) -> list[int]:
    reference = heard(typed)
    if len(reference) != REFERENCE_LENGTH:
        return []
    return list(db.session.scalars(select(Row.id).where(*here, Row.reference == reference)))


def _by_number(here: Iterable[ColumnElement[bool]], typed: str, today: tuple[datetime, datetime]) -> list[int]:
    if not typed.strip().isdecimal() or int(typed) > LARGEST_NUMBER:
        return []
    came = (Row.arrived_at >= today[0], Row.arrived_at < today[1])
    return list(db.session.scalars(select(Row.id).where(*here, *came, Row.number == int(typed))))


def _by_name(here: Iterable[ColumnElement[bool]], typed: str) -> list[int]:
    """One office's names are few, and no database folds them as people do."""
    named = select(Row.id, Row.name).where(*here, Row.name != "", Row.status.not_in(UNSEEN))
    fits = fitting(typed)
    return [key for key, name in db.session.execute(named) if fits(name)]


def _ordered(rows: Iterable[Row], today: tuple[datetime, datetime]) -> tuple[Found, ...]:
    """Today's in their order, then those to come, then the past ones, the latest first."""
    first, last = today

    def place(found: Found) -> tuple[int, float]:
        if found.at < first:
            return 2, -found.at.timestamp()
        return (0 if found.at < last else 1), found.at.timestamp()

    return tuple(sorted(map(_found, rows), key=place)[:MOST_FOUND])


def _found(row: Row) -> Found:
    catalogue = catalogue_by_id(row.municipality_id)
    return Found(
        reference=row.reference,
        municipality=row.municipality_id,
        office=row.office_id,
        name=row.name,
        at=row.start or row.arrived_at or row.created_at,
        is_walk_in=row.start is None,
        number=row.number,
        status=Status(row.status),
        concerns=tuple(at.name for at in row.concerns),
        is_discreet=any(catalogue.concern(at.concern_id).discreet for at in row.concerns),
    )


def _today(catalogue: Catalogue, now: datetime) -> tuple[datetime, datetime]:
    day = now.astimezone(catalogue.zone).date()
    days = (day, day + timedelta(days=1))
    first, last = (instant_at(datetime.combine(each, MIDNIGHT), catalogue.zone) for each in days)
    return first, last
