"""Every writing action first locks its office rows, always in id order, and thereby raises their versions."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.exc import InvalidRequestError

from booking.actions.catalogues import State, catalogue_at, catalogue_by_id, catalogue_of, last_known
from booking.actions.guard import guarded_until, note_lapses
from booking.actions.tally import note
from booking.actions.transaction import Rerun
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import Appointment, Cell, Municipality, Office
from booking.models.cells import free_cells
from booking.models.holds import delete_holds, held_among
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.surges import LONGEST_DELAY, SHORTEST_DELAY, SOON

_dice = random.SystemRandom()  # whoever could foresee it would sell the time that returns
_offices = Office.metadata.tables[Office.__tablename__]
_in_order = select(_offices.c.id).where(_offices.c.id.in_(bindparam("offices", expanding=True))).order_by(_offices.c.id)
RAISE_VERSIONS = (
    update(_offices).where(_offices.c.id.in_(_in_order.with_for_update())).values(version=_offices.c.version + 1)
)


def lock_offices(catalogue: Catalogue, offices: Collection[int]) -> Catalogue:
    """Lock these offices and all that share a clerk with them; return the catalogue as it stands under the lock.

    The lock is the raising of their versions: no writer can forget to say that what is kept of their availability may
    be wrong now. Raises Rerun if neighbours were added meanwhile.
    """
    locked = _lock(catalogue, offices)
    fresh = catalogue_by_id(catalogue.id)
    _check(fresh, offices, locked)
    return fresh


@dataclass(frozen=True, slots=True)
class Locked:
    """An office whose neighbourhood is locked: what is read of it from now on stays so until the commit."""

    slug: str
    office: int
    offices: frozenset[int]

    def catalogue(self, revision: int) -> Catalogue:
        """Return the catalogue of a revision read under the lock. Raises Rerun if neighbours were added meanwhile."""
        fresh = catalogue_at(self.slug, State(revision, {}))
        _check(fresh, [self.office], self.offices)
        return fresh


def lock_municipality(slug: str, office: str) -> Locked:
    """Lock the neighbourhood of an office that a citizen names, or refuse with NotFound."""
    catalogue = last_known(slug) or catalogue_of(slug)
    if office not in {place.slug for place in catalogue.open_offices}:
        catalogue = catalogue_of(slug)  # it may have been opened since
    asked = catalogue.office(office).id
    return Locked(slug, asked, _lock(catalogue, [asked]))


def _lock(catalogue: Catalogue, offices: Collection[int]) -> frozenset[int]:
    """Lock; what is decided upon is read afterwards, in a statement of its own.

    One that waited for a lock sees the locked rows anew, but everything else as it was before it waited (PostgreSQL,
    READ COMMITTED).
    """
    wanted = _neighbourhood(catalogue, offices)
    db.session.connection().execute(RAISE_VERSIONS, {"offices": wanted})
    return frozenset(wanted)


def _check(fresh: Catalogue, offices: Collection[int], locked: frozenset[int]) -> None:
    if not locked.issuperset(_neighbourhood(fresh, offices)):
        raise Rerun  # locking the new neighbours now could break the order


def _neighbourhood(catalogue: Catalogue, offices: Collection[int]) -> list[int]:
    return sorted({neighbour for office in offices for neighbour in catalogue.neighbours.get(office, (office,))})


def lock_appointment(row: Appointment, *also: str | int) -> Catalogue:
    """Lock the office of an appointment (and of where it is to go), then read the appointment anew.

    Raises Rerun if it was moved to another office, its link revoked, or it was erased while we waited: then we hold the
    wrong lock, or were let in by a link that opens nothing any more.
    """
    read = row.office_id, row.generation
    catalogue = catalogue_by_id(row.municipality_id)
    offices = [row.office_id, *(catalogue.office(place).id for place in also)]
    catalogue = lock_offices(catalogue, offices)
    try:
        db.session.refresh(row)
    except InvalidRequestError as gone:
        raise Rerun from gone
    if (row.office_id, row.generation) != read:
        raise Rerun
    return catalogue


def lock_town(slug: str) -> Municipality | None:
    """Lock a municipality and its offices, so that no booking decides by what is about to change; None: there is none.

    NO KEY UPDATE, because a booking that holds its office refers to the municipality: FOR UPDATE would be a deadlock.
    """
    query = select(Municipality).where(Municipality.slug == slug).with_for_update(key_share=True)
    municipality = db.session.scalars(query).one_or_none()
    if municipality:
        offices = select(Office.id).where(Office.municipality_id == municipality.id).order_by(Office.id)
        db.session.execute(offices.with_for_update())
    return municipality


def raise_revision(slug: str) -> None:
    """Say that something changed below a municipality: what is kept of it or of its offices is stale."""
    mine = Municipality.slug == slug
    db.session.execute(update(Municipality).where(mine).values(revision=Municipality.revision + 1))
    town = select(Municipality.id).where(mine).scalar_subquery()
    db.session.execute(update(Office).where(Office.municipality_id == town).values(version=Office.version + 1))


def held_until(catalogue: Catalogue, office: int, freed: datetime, *, start: datetime | None) -> datetime | None:
    """Return until when a freed time stays hidden from citizens; None for not at all.

    Drawn once, anywhere within the delay of the office or of abuse mode: who gives a time to somebody else cannot tell
    when it returns. What begins within a day returns at once: it would go unused.
    """
    if start is None or start < freed + SOON:
        return None
    longest = catalogue.office(office).policy.release_delay
    shortest = timedelta()
    if guarded_until(office, freed):
        shortest, longest = SHORTEST_DELAY, max(longest, LONGEST_DELAY)
    return freed + _dice.uniform(0, 1) * (longest - shortest) + shortest if longest else None


def reclaim(catalogue: Catalogue, office: int, now: datetime) -> int:
    """Expire the unconfirmed bookings of an office and its neighbours whose time is over; return how many."""
    return _expire(catalogue, Appointment.office_id.in_(catalogue.neighbours.get(office, (office,))), now)


def reclaim_cells(catalogue: Catalogue, clerk: int, moments: range, *, now: datetime) -> None:
    """Expire whoever owns one of these cells though its time is over, at whatever office it was booked."""
    owners = select(Cell.appointment_id).where(
        Cell.clerk_id == clerk, Cell.moment >= moments.start, Cell.moment < moments.stop
    )
    _expire(catalogue, Appointment.id.in_(owners), now)


def _expire(catalogue: Catalogue, which: ColumnElement[bool], now: datetime) -> int:
    """The one UPDATE decides: a confirmation that commits first is no longer pending and keeps its cells."""
    expired = db.session.execute(
        update(Appointment)
        .where(which, Appointment.status == Status.PENDING, Appointment.confirm_by <= now)
        .values(status=Status.EXPIRED.value, changed_at=Appointment.confirm_by)  # whenever somebody notices
        .returning(
            Appointment.id, Appointment.office_id, Appointment.confirm_by, Appointment.start, Appointment.channel
        )
        .execution_options(synchronize_session=False)
    ).all()
    holds = held_among([row.id for row in expired]) if expired else []
    delete_holds(holds)
    lapsed = [row for row in expired if row.id not in holds]
    for office in sorted({row.office_id for row in lapsed}):
        ends = [row.confirm_by or now for row in lapsed if row.office_id == office]
        note_lapses(office, ends, catalogue.office(office).policy.proof_above, now=now)
    for row in lapsed:
        note(Outcome.EXPIRED, row.channel)
        is_soon = row.start is None or row.start < now + SOON  # as models.cells.is_owned has it
        until = None if is_soon else held_until(catalogue, row.office_id, row.confirm_by or now, start=row.start)
        free_cells([row.id], held_until=until if until and until > now else None)
    return len(expired)
