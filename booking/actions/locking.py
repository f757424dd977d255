"""Every writing action first locks its office rows, always in id order."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update

from booking.actions.catalogues import catalogue_by_id, catalogue_of
from booking.actions.transaction import Rerun
from booking.extensions import db
from booking.models import Appointment, Office
from booking.models.cells import free_cells
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status


def lock_offices(catalogue: Catalogue, offices: Collection[int]) -> Catalogue:
    """Lock these offices and all that share a clerk with them; return the catalogue as it stands under the lock.

    ``FOR UPDATE`` on PostgreSQL; on SQLite the transaction began with BEGIN IMMEDIATE and holds the only write lock.
    The catalogue is looked at only then, in a statement of its own: one that waits for a lock still sees what was
    committed before it began to wait, except in the locked rows themselves. Raises Rerun if neighbours were added.
    """
    wanted = _neighbourhood(catalogue, offices)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(Office.id).where(Office.id.in_(wanted)).order_by(Office.id).with_for_update())
    fresh = catalogue_by_id(catalogue.id)
    if not set(_neighbourhood(fresh, offices)) <= set(wanted):
        raise Rerun  # locking the new neighbours now could break the order
    return fresh


def _neighbourhood(catalogue: Catalogue, offices: Collection[int]) -> list[int]:
    return sorted({neighbour for office in offices for neighbour in catalogue.neighbours.get(office, (office,))})


def lock_municipality(slug: str, office: str) -> Catalogue:
    """Lock the neighbourhood of an office that a citizen names, or refuse with NotFound."""
    catalogue = catalogue_of(slug)
    return lock_offices(catalogue, [catalogue.office(office).id])


def lock_appointment(row: Appointment, *also: str) -> Catalogue:
    """Lock the office of an appointment (and of where it is to go), then read the appointment anew.

    Raises Rerun if it was moved to another office, or its link revoked, while we waited: then we hold the wrong lock,
    or were let in by a link that opens nothing any more.
    """
    read = row.office_id, row.generation
    catalogue = catalogue_by_id(row.municipality_id)
    offices = [row.office_id, *(catalogue.office(slug).id for slug in also)]
    catalogue = lock_offices(catalogue, offices)
    db.session.refresh(row)
    if (row.office_id, row.generation) != read:
        raise Rerun
    return catalogue


def raise_version(catalogue: Catalogue, *offices: int) -> None:
    """Say that the availability of these offices, and of those that share a clerk with them, has changed."""
    touched = {neighbour for office in offices for neighbour in catalogue.neighbours.get(office, (office,))}
    db.session.execute(update(Office).where(Office.id.in_(touched)).values(version=Office.version + 1))


def held_until(catalogue: Catalogue, office: int, now: datetime) -> datetime | None:
    """Return until when a freed time stays hidden from citizens; None for not at all."""
    delay = catalogue.office(office).policy.release_delay_minutes
    return now + timedelta(minutes=delay) if delay else None


def reclaim(catalogue: Catalogue, office: int, now: datetime) -> int:
    """Expire the unconfirmed bookings of an office whose time is over and free their cells; return how many.

    The one UPDATE decides: a confirmation that commits first is no longer pending and keeps its cells.
    """
    neighbours = catalogue.neighbours.get(office, (office,))
    expired = db.session.scalars(
        update(Appointment)
        .where(
            Appointment.office_id.in_(neighbours),
            Appointment.status == Status.PENDING,
            Appointment.confirm_by <= now,
        )
        .values(status=Status.EXPIRED.value, changed_at=now)
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    ).all()
    free_cells(expired, held_until=held_until(catalogue, office, now))
    if expired:
        raise_version(catalogue, office)
    return len(expired)
