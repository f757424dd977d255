"""A calendar feed at its secret address: one SELECT when nothing has changed, a constant number otherwise."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, select

from booking.actions.catalogues import State, catalogue_at, glance
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.ical.feeds import feed
from booking.models import Appointment, AppointmentClerk, AppointmentConcern, Clerk, Feed, Municipality, Office
from booking.rules.catalogue import Catalogue
from booking.rules.feeds import DAYS_BACK, SHOWN, Entry, Matter, Shows, summary
from booking.rules.secrets import speakable
from booking.rules.texts import FALLBACK, word

EDITION = 1  # raised when the same rows give other bytes
UNSEEN = "Was Sie in diesem Kalender ändern, erfährt Wartefrei nicht."


@dataclass(frozen=True, slots=True)
class Opened:
    """A feed with its ETag; ``body`` is None when the asker has this edition already."""

    etag: str
    body: bytes | None


@reads
def open_feed(secret: str, *, is_known: Callable[[str], bool], now: datetime) -> Opened:
    """Return the feed at a secret address, from 30 days ago to the last appointment there is.

    ``is_known`` says of an ETag whether the asker has it. Raises NotFound for what never was and what was revoked
    alike, and Unavailable.
    """
    with glance() as connection:
        row = connection.execute(_FEED, {"secret": hash_of(secret)}).one_or_none()
    if row is None:
        raise NotFound("feed")
    today = now.astimezone(ZoneInfo(row.timezone)).date()
    etag = _etag(row, today)
    if is_known(etag):
        return Opened(etag, None)
    catalogue = catalogue_at(row.slug, State(row.revision, {}))
    entries = _entries(row, catalogue, now)
    return Opened(etag, feed(_title(row, catalogue), entries, zone=catalogue.zone, year=today.year))


def hash_of(secret: str) -> str:
    """Return what is stored of a feed's secret."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def _statement() -> Select[Any]:
    return (
        select(Feed.id, Feed.secret, Feed.office_id, Feed.clerk_id, Feed.shows, Clerk.name.label("clerk"))
        .add_columns(Office.version, Municipality.slug, Municipality.revision, Municipality.timezone)
        .join(Office, Office.id == Feed.office_id)
        .join(Municipality, Municipality.id == Office.municipality_id)
        .outerjoin(Clerk, Clerk.id == Feed.clerk_id)
        .where(Feed.secret == bindparam("secret"), Feed.shows != Shows.NUMBERS, Feed.revoked_at.is_(None))
        .where(Office.active, Municipality.active)
    )


_FEED = _statement()


def _etag(row: Row[Any], today: date) -> str:
    """Name an edition: a change of any office that shares a clerk raises this office's version too."""
    parts = (EDITION, row.id, row.shows, row.version, row.revision, today)
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:24]}"'


def _title(row: Row[Any], catalogue: Catalogue) -> str:
    office = word(catalogue.office(row.office_id).name, FALLBACK)
    return f"{office}: {word(row.clerk, FALLBACK)}" if row.clerk else office


def _entries(row: Row[Any], catalogue: Catalogue, now: datetime) -> list[Entry]:
    which = _which(row, now)
    columns = (Appointment.id, Appointment.uid, Appointment.sequence, Appointment.created_at, Appointment.changed_at)
    found = db.session.execute(
        select(*columns, Appointment.start, Appointment.end, Appointment.name, Appointment.reference)
        .add_columns(Appointment.number, Appointment.office_id, Appointment.erased_at)
        .where(*which)
        .order_by(Appointment.start, Appointment.id)
    ).all()
    matters, clerks = _matters(catalogue, which), _clerks(which)
    return [_entry(row, catalogue, at, matters[at.id], " und ".join(clerks[at.id])) for at in found]


def _which(row: Row[Any], now: datetime) -> tuple[ColumnElement[bool], ...]:
    common = (Appointment.status.in_([status.value for status in SHOWN]), Appointment.start >= now - DAYS_BACK)
    if row.clerk_id is None:
        return (*common, Appointment.office_id == row.office_id)
    mine = AppointmentClerk.appointment_id == Appointment.id, AppointmentClerk.clerk_id == row.clerk_id
    return (*common, exists().where(*mine))


def _matters(catalogue: Catalogue, which: tuple[ColumnElement[bool], ...]) -> Mapping[int, Matter]:
    asked = (
        select(AppointmentConcern.appointment_id, AppointmentConcern.concern_id, AppointmentConcern.name)
        .add_columns(AppointmentConcern.quantity)
        .where(AppointmentConcern.appointment_id.in_(select(Appointment.id).where(*which)))
        .order_by(AppointmentConcern.position)
    )
    phrases: dict[int, list[str]] = defaultdict(list)
    discreet = set()
    for appointment, concern, name, quantity in db.session.execute(asked):
        phrases[appointment].append(f"{quantity} × {word(name, FALLBACK)}" if quantity > 1 else word(name, FALLBACK))
        if catalogue.concern(concern).discreet:
            discreet.add(appointment)
    made = {key: Matter(", ".join(said), key in discreet) for key, said in phrases.items()}
    return defaultdict(lambda: Matter("Termin", is_discreet=False), made)


def _clerks(which: tuple[ColumnElement[bool], ...]) -> Mapping[int, list[str]]:
    asked = (
        select(AppointmentClerk.appointment_id, Clerk.name)
        .join(Clerk, Clerk.id == AppointmentClerk.clerk_id)
        .where(AppointmentClerk.appointment_id.in_(select(Appointment.id).where(*which)))
        .order_by(Clerk.id)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for appointment, name in db.session.execute(asked):
        names[appointment].append(word(name, FALLBACK))
    return names


def _entry(row: Row[Any], catalogue: Catalogue, at: Row[Any], matter: Matter, clerks: str) -> Entry:
    # A clerk's feed is a manager's of this office: of the clerk's other offices it tells that the time is taken.
    is_blank = at.erased_at is not None or at.office_id != row.office_id
    shows = Shows.BUSY if is_blank else Shows(row.shows)
    number = [f"Wartenummer {at.number}"] if at.number else [f"Terminnummer {speakable(at.reference)}"]
    told = [] if shows is Shows.BUSY else [*number, clerks]
    return Entry(
        # Of its own in each feed: the citizen's calendar has the appointment's, and a feed that tells nothing but
        # times must not be matched with it.
        uid=f"{sha256(f'{row.secret} {at.uid}'.encode()).hexdigest()[:32]}@{at.uid.rpartition('@')[2]}",
        sequence=at.sequence,
        created_at=at.created_at,
        changed_at=at.changed_at,
        start=at.start,
        end=at.end,
        summary=summary(shows, matter, at.name),
        details="\n".join([*told, UNSEEN]),
        place=word(catalogue.office(at.office_id).name, FALLBACK),
        is_private=shows is not Shows.BUSY,
    )
