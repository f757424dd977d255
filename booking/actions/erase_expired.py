"""Erase personal data whose time is over (Art. 5 Abs. 1 lit. e DSGVO): what stays are counts without a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from booking.actions.catalogues import all_catalogues
from booking.actions.keys import destroy_old_keys
from booking.actions.replays import forget_replays
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Answer, Appointment, Claim, Letter, Replay
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE, Status

BATCH = 200


def erase_expired(*, now: datetime) -> int:
    """Erase every municipality's appointments past their retention; return how many. Batches keep the locks short."""
    return sum(_erase_all(catalogue, now) for catalogue in _catalogues())


@writes
def forget(*, now: datetime) -> None:
    """Drop old idempotency answers and destroy the network keys of past days."""
    forget_replays(now)
    destroy_old_keys(now)


@reads
def _catalogues() -> list[Catalogue]:
    return all_catalogues()


def _erase_all(catalogue: Catalogue, now: datetime) -> int:
    erased = 0
    while done := _erase_batch(catalogue, now):
        erased += done
    return erased


@writes
def _erase_batch(catalogue: Catalogue, now: datetime) -> int:
    overdue = select(Appointment.id).where(
        Appointment.municipality_id == catalogue.id, Appointment.erased_at.is_(None), _is_overdue(catalogue, now)
    )
    ids = db.session.scalars(overdue.limit(BATCH).with_for_update(skip_locked=True)).all()
    if ids:
        _erase(ids, now)
    return len(ids)


def _is_overdue(catalogue: Catalogue, now: datetime) -> ColumnElement[bool]:
    def before(outcome: str) -> datetime:
        return now - timedelta(days=catalogue.retention[outcome])

    never_came_about = Appointment.status == Status.EXPIRED
    cancelled = Appointment.status == Status.CANCELLED
    took_place = Appointment.status.in_([*(ACTIVE - {Status.PENDING}), Status.NO_SHOW])
    return or_(
        and_(never_came_about, Appointment.changed_at < before("unconfirmed")),
        and_(cancelled, Appointment.changed_at < before("cancelled")),
        and_(took_place, or_(Appointment.end < before("past"), Appointment.arrived_at < before("past"))),
    )


def _erase(ids: Sequence[int], now: datetime) -> None:
    for table in (Answer, Letter, Claim, Replay):
        db.session.execute(delete(table).where(table.appointment_id.in_(ids)))
    blank = {"name": "", "email": "", "phone": "", "note": "", "contact": None, "network": None, "mail_failure": None}
    db.session.execute(update(Appointment).where(Appointment.id.in_(ids)).values(**blank, erased_at=now))
