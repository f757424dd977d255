"""Erase personal data whose time is over (Art. 5 Abs. 1 lit. e DSGVO): what stays are counts without a person."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from booking.actions.absences import erase_absences
from booking.actions.attempts import forget_attempts
from booking.actions.audit_log import erase_audit
from booking.actions.block_contact import forget_blocks
from booking.actions.catalogues import catalogue_by_id
from booking.actions.erase import Why, empty_journal, erase
from booking.actions.erased_bookings import forget_erased_bookings
from booking.actions.find_for_staff import forget_searches
from booking.actions.forget_logins import forget_logins
from booking.actions.guard import forget_traffic
from booking.actions.keys import destroy_old_keys
from booking.actions.locking import lock_offices, reclaim
from booking.actions.lost_link import forget_link_requests
from booking.actions.one_by_one import one_by_one
from booking.actions.plan_day_sheets import forget_day_sheets
from booking.actions.replays import forget_replays
from booking.actions.staff_sessions import forget_sessions
from booking.actions.sweeps import forget_sweeps
from booking.actions.tombstones import forget_tombstones
from booking.actions.transaction import reads, writes
from booking.actions.undo import forget_ways_back
from booking.extensions import db
from booking.models import Appointment, Municipality
from booking.models.reading import retention_of
from booking.rules.lifecycle import ACTIVE, UNBOOKED, Status

BATCH = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep erased in a municipality (slug), or would erase."""

    municipality: str
    why: Why


def erase_expired(*, now: datetime) -> int:
    """Erase every municipality's appointments past their retention; return how many. Batches keep the locks short."""
    return sum(sum(swept.why) for swept in sweep(now=now))


def sweep(*, now: datetime) -> list[Swept]:
    """Erase whatever is past its retention to the end, and tell how many of what, by municipality.

    What is older than its municipality keeps its audit log goes too, and absences after the appointments of their days,
    whose hours they explain. Raises ExceptionGroup after the last town if it failed at some, and Unavailable.
    """
    try:
        done = list(one_by_one(_towns(), lambda town: _sweep(town, now)))
    except ExceptionGroup:
        empty_journal()
        raise
    empty_journal()
    return done


def _sweep(town: "_Town", now: datetime) -> Swept:
    swept = Swept(town.slug, _erase_all(town, now))
    erase_audit(town.id, town.retention["audit"], now=now)
    erase_absences(town.id, town.retention["past"], now=now)
    return swept


@reads
def overdue(*, now: datetime, since: timedelta = timedelta()) -> list[Swept]:
    """Count by municipality what a sweep would erase; with ``since`` only what has been overdue for longer."""
    return [Swept(town.slug, _count_overdue(town, now - since)) for town in _towns()]


@writes
def forget(*, now: datetime) -> None:
    """Drop old idempotency answers, ways back, unanswered questions, failed logins, vain searches and ended sessions.

    The network keys of past days are destroyed, and references that no backup can bring back any more are dropped.
    So are counts that no band looks at any more, lapsed proofs of work, erased bookings that count no more, and what
    sweeps did a year ago.
    """
    forget_replays(now)
    forget_ways_back(now)
    forget_link_requests(now)
    forget_day_sheets(now)
    forget_attempts(now)
    forget_searches(now)
    forget_traffic(now)
    forget_blocks(now)
    forget_erased_bookings(now)
    forget_sessions(now)
    forget_logins(now)
    destroy_old_keys(now)
    forget_tombstones(now)
    forget_sweeps(now)


@dataclass(frozen=True, slots=True)
class _Town:
    id: int
    slug: str
    retention: Mapping[str, int]


@reads
def _towns() -> list[_Town]:
    """Closed municipalities too: that nobody books there any more is no reason to keep what they know."""
    rows = db.session.execute(select(Municipality.id, Municipality.slug, Municipality.retention).order_by("slug"))
    return [_Town(key, slug, retention_of(facts)) for key, slug, facts in rows]


def _erase_all(town: _Town, now: datetime) -> Why:
    erased = Why()
    while any(done := _erase_batch(town, now)):
        erased = Why(*(sum(pair) for pair in zip(erased, done, strict=True)))
    return erased


@writes
def _erase_batch(town: _Town, now: datetime) -> Why:
    """Erase some; what was confirmed or moved while we waited for the lock is looked at anew.

    What nobody confirmed expires first, as if the job for that had run: it may have been away.
    """
    due = _due(town, now)
    rows = db.session.execute(due.order_by(Appointment.id).limit(BATCH)).all()
    if not rows:
        return Why()
    offices = {row.office_id for row in rows}
    catalogue = lock_offices(catalogue_by_id(town.id), offices)
    for office in sorted(offices):
        reclaim(catalogue, office, now)
    still = due.where(Appointment.id.in_([row.id for row in rows])).with_for_update(of=Appointment)
    rows = db.session.execute(still).all()
    why = _why(Counter(row.status for row in rows))
    if rows:
        erase(catalogue, [row.id for row in rows], why, now=now)
    return why


def _due(town: _Town, now: datetime) -> Select[int, int, str]:
    mine = (Appointment.municipality_id == town.id, _is_overdue(town.retention, now))
    return select(Appointment.id, Appointment.office_id, Appointment.status).where(*mine)


def _count_overdue(town: _Town, now: datetime) -> Why:
    due = _due(town, now).subquery()
    return _why(dict(db.session.execute(select(due.c.status, func.count()).group_by(due.c.status)).all()))


def _why(by_status: Mapping[str, int]) -> Why:
    unconfirmed = sum(by_status.get(status, 0) for status in UNBOOKED)
    cancelled = by_status.get(Status.CANCELLED, 0)
    return Why(unconfirmed, cancelled, sum(by_status.values()) - unconfirmed - cancelled)


def _is_overdue(retention: Mapping[str, int], now: datetime) -> ColumnElement[bool]:
    """Whether an appointment's time is over; what an older version had only blanked is due at once."""

    def before(outcome: str) -> datetime:
        return now - timedelta(days=retention[outcome])

    never_came_about = Appointment.status == Status.EXPIRED
    never_confirmed = Appointment.status == Status.PENDING  # and no job has noticed
    cancelled = Appointment.status == Status.CANCELLED
    took_place = Appointment.status.in_([*(ACTIVE - {Status.PENDING}), Status.NO_SHOW])
    return or_(
        Appointment.erased_at < now,
        and_(never_came_about, Appointment.changed_at < before("unconfirmed")),
        and_(never_confirmed, Appointment.confirm_by < before("unconfirmed")),
        and_(cancelled, Appointment.changed_at < before("cancelled")),
        and_(took_place, or_(Appointment.end < before("past"), Appointment.arrived_at < before("past"))),
    )
