"""Erase personal data whose time is over (Art. 5 Abs. 1 lit. e DSGVO): what stays are counts without a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from booking.actions.absences import erase_absences
from booking.actions.attempts import forget_attempts
from booking.actions.audit_log import erase_audit
from booking.actions.find_for_staff import forget_searches
from booking.actions.keys import destroy_old_keys
from booking.actions.lost_link import forget_link_requests
from booking.actions.plan_day_sheets import forget_day_sheets
from booking.actions.replays import forget_replays
from booking.actions.staff_sessions import forget_sessions
from booking.actions.transaction import reads, writes
from booking.actions.undo import forget_ways_back
from booking.extensions import db
from booking.models import Answer, Appointment, Call, Claim, Hold, Letter, Mark, Municipality, Relocation, Replay, Undo
from booking.models.reading import retention_of
from booking.rules.lifecycle import ACTIVE, Status

BATCH = 200


def erase_expired(*, now: datetime) -> int:
    """Erase every municipality's appointments past their retention; return how many. Batches keep the locks short.

    What is older than its municipality keeps its audit log goes too, and absences with the appointments of their days.
    """
    kept = _retentions()
    for municipality, retention in kept:
        erase_audit(municipality, retention["audit"], now=now)
        erase_absences(municipality, retention["past"], now=now)
    return sum(_erase_all(municipality, retention, now) for municipality, retention in kept)


@writes
def forget(*, now: datetime) -> None:
    """Drop old idempotency answers, ways back, unanswered questions, failed logins, vain searches and ended sessions.

    The network keys of past days are destroyed.
    """
    forget_replays(now)
    forget_ways_back(now)
    forget_link_requests(now)
    forget_day_sheets(now)
    forget_attempts(now)
    forget_searches(now)
    forget_sessions(now)
    destroy_old_keys(now)


@reads
def _retentions() -> list[tuple[int, Mapping[str, int]]]:
    """Closed municipalities too: that nobody books there any more is no reason to keep what they know."""
    rows = db.session.execute(select(Municipality.id, Municipality.retention))
    return [(municipality, retention_of(facts)) for municipality, facts in rows]


def _erase_all(municipality: int, retention: Mapping[str, int], now: datetime) -> int:
    erased = 0
    while done := _erase_batch(municipality, retention, now):
        erased += done
    return erased


@writes
def _erase_batch(municipality: int, retention: Mapping[str, int], now: datetime) -> int:
    overdue = select(Appointment.id).where(
        Appointment.municipality_id == municipality, Appointment.erased_at.is_(None), _is_overdue(retention, now)
    )
    ids = db.session.scalars(overdue.limit(BATCH).with_for_update(skip_locked=True)).all()
    if ids:
        _erase(ids, now)
    return len(ids)


def _is_overdue(retention: Mapping[str, int], now: datetime) -> ColumnElement[bool]:
    def before(outcome: str) -> datetime:
        return now - timedelta(days=retention[outcome])

    never_came_about = Appointment.status == Status.EXPIRED
    cancelled = Appointment.status == Status.CANCELLED
    took_place = Appointment.status.in_([*(ACTIVE - {Status.PENDING}), Status.NO_SHOW])
    return or_(
        and_(never_came_about, Appointment.changed_at < before("unconfirmed")),
        and_(cancelled, Appointment.changed_at < before("cancelled")),
        and_(took_place, or_(Appointment.end < before("past"), Appointment.arrived_at < before("past"))),
    )


def _erase(ids: Sequence[int], now: datetime) -> None:
    for table in (Answer, Letter, Claim, Replay, Undo, Call, Relocation, Mark, Hold):
        db.session.execute(delete(table).where(table.appointment_id.in_(ids)))
    blank = {"name": "", "email": "", "phone": "", "note": "", "contact": None, "network": None, "mail_failure": None}
    db.session.execute(update(Appointment).where(Appointment.id.in_(ids)).values(**blank, erased_at=now))
