"""What the review page shows: suspicious clusters among the latest bookings, and which offices are in abuse mode."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select

from booking.actions.block_contact import CANCELLABLE
from booking.actions.catalogues import catalogue_by_id
from booking.actions.transaction import reads
from booking.extensions import db
from booking.models import Appointment, AppointmentConcern, Guard, Office
from booking.rules.catalogue import Catalogue
from booking.rules.clusters import AT_ONCE, Cluster, Sighting, clusters
from booking.rules.lifecycle import Status
from booking.rules.roles import Actor
from booking.rules.texts import Text
from booking.rules.windows import next_release

LOOKS_BACK = timedelta(days=14)
MOST = 5000  # bookings, the latest: a cluster is made of bookings that lie near each other
FREED = frozenset({Status.CANCELLED.value, Status.EXPIRED.value})


@dataclass(frozen=True, slots=True)
class Review:
    """The clusters among so many bookings; ``guarded`` holds (office id, since, until) of those in abuse mode."""

    clusters: tuple[Cluster, ...]
    looked_at: int
    guarded: tuple[tuple[int, datetime, datetime], ...]


@reads
def review(by: Actor, *, now: datetime) -> Review:
    """Look for clusters in what citizens have booked at the municipality in the past two weeks."""
    recent = (
        Appointment.channel.in_(["online", "api"]),
        Appointment.created_at > now - LOOKS_BACK,
    )
    seen = _sightings(catalogue_by_id(by.municipality), *recent, now=now)
    query = (
        select(Guard.office_id, Guard.since, Guard.until)
        .join(Office, Office.id == Guard.office_id)
        .where(Office.municipality_id == by.municipality, Guard.until > now)
        .order_by(Office.position, Office.id)
    )
    guarded = tuple((row.office_id, row.since, row.until) for row in db.session.execute(query))
    return Review(tuple(clusters(seen)), len(seen), guarded)


@reads
def chosen(by: Actor, references: Sequence[str], *, now: datetime) -> list[Sighting]:
    """Return what is about to be cancelled and blocked, for the question; the earliest booked first."""
    mine = Appointment.reference.in_(references)
    return list(reversed(_sightings(catalogue_by_id(by.municipality), mine, now=now)))


def _sightings(catalogue: Catalogue, *which: ColumnElement[bool], now: datetime) -> list[Sighting]:
    table = Appointment
    query = (
        select(
            table.id, table.reference, table.office_id, table.start, table.created_at, table.changed_at, table.status,
            table.name, table.email, table.network,
        )
        .where(
            *which,
            table.municipality_id == catalogue.id,
            table.erased_at.is_(None),
            table.start.is_not(None),
        )
        .order_by(table.id.desc())
        .limit(MOST)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    concerns = _concerns(catalogue, rows)
    return [
        Sighting(
            reference=row.reference,
            office=row.office_id,
            start=row.start,
            created_at=row.created_at,
            name=row.name,
            email=row.email,
            network=row.network,
            freed_at=row.changed_at if row.status in FREED and row.changed_at > row.created_at else None,
            is_open=row.status in CANCELLABLE and row.start > now,
            status=row.status,
            opened_at=_opened(catalogue, row.office_id, row.created_at),
            concerns=tuple(concerns.get(row.id, ())),
        )
        for row in rows
    ]


def _concerns(catalogue: Catalogue, rows: Sequence[Row[*tuple[Any, ...]]]) -> Mapping[int, Sequence[Text]]:
    """Return what appointments (adjacent by their ids) are for, by id."""
    found: dict[int, list[Text]] = defaultdict(list)
    if rows:
        at = AppointmentConcern
        between = at.appointment_id.between(rows[-1].id, rows[0].id)
        mine = and_(Appointment.id == at.appointment_id, Appointment.municipality_id == catalogue.id)
        named = select(at.appointment_id, at.name).join(Appointment, mine).where(between)
        for row in db.session.execute(named.order_by(at.appointment_id, at.position)):
            found[row.appointment_id].append(row.name)
    return found


def _opened(catalogue: Catalogue, office: int, booked: datetime) -> datetime | None:
    """Return when further days had opened at an office, if that was just before a booking."""
    opened = next_release(catalogue.office(office).policy, booked - AT_ONCE, catalogue.zone)
    return opened if opened <= booked else None
