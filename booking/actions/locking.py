"""Every writing action first locks its office rows, always in id order, and thereby raises their versions."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from booking.actions.catalogues import catalogue_by_id, catalogue_of, last_known
from booking.actions.transaction import Rerun
from booking.extensions import db
from booking.models import Appointment, Office
from booking.models.cells import free_cells
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status

_in_order = select(Office.id).where(Office.id.in_(bindparam("offices", expanding=True))).order_by(Office.id)
RAISE_VERSIONS = (
    update(Office)
    .where(Office.id.in_(_in_order.with_for_update()))
    .values(version=Office.version + 1)
    .execution_options(synchronize_session=False)
)


def lock_offices(catalogue: Catalogue, offices: Collection[int]) -> Catalogue:
    """Lock these offices and all that share a clerk with them; return the catalogue as it stands under the lock.

    The lock is the raising of their versions: no writer can forget to say that what is kept of their availability may
    be wrong now. Raises Rerun if neighbours were added meanwhile.
    """
    return _lock(catalogue, offices, lambda: catalogue_by_id(catalogue.id))


def lock_municipality(slug: str, office: str) -> Catalogue:
    """Lock the neighbourhood of an office that a citizen names, or refuse with NotFound."""
    catalogue = last_known(slug) or catalogue_of(slug)
    if office not in {place.slug for place in catalogue.open_offices}:
        catalogue = catalogue_of(slug)  # it may have been opened since
    return _lock(catalogue, [catalogue.office(office).id], lambda: catalogue_of(slug))


def _lock(catalogue: Catalogue, offices: Collection[int], read_again: Callable[[], Catalogue]) -> Catalogue:
    wanted = _neighbourhood(catalogue, offices)
    db.session.execute(RAISE_VERSIONS, {"offices": wanted})
    # Only now, in a statement of its own: one that waited for a lock sees the locked rows anew, but everything else as
    # it was before it waited (PostgreSQL, READ COMMITTED).
    fresh = read_again()
    if not set(_neighbourhood(fresh, offices)) <= set(wanted):
        raise Rerun  # locking the new neighbours now could break the order
    return fresh


def _neighbourhood(catalogue: Catalogue, offices: Collection[int]) -> list[int]:
    return sorted({neighbour for office in offices for neighbour in catalogue.neighbours.get(office, (office,))})


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
    return len(expired)
