"""Mail the day sheets that are due: claim → commit → send → mark, with the same care as letters."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from flask import current_app
from sqlalchemy import ColumnElement, delete, or_, select, update

from booking.actions.catalogues import catalogue_by_id
from booking.actions.day_sheets import day_sheets
from booking.actions.keys import envelope_sender
from booking.actions.outbox import JITTER, LEASE, PAUSES
from booking.actions.send_letters import Clock, Sweep
from booking.actions.transaction import reads, writes
from booking.errors import NotFound
from booking.extensions import db
from booking.mail.message import Unaddressable
from booking.mail.relay import Deferred, Interrupted, Rejected, Relay, RelayAway
from booking.models import DaySheet, Municipality, Office
from booking.rules.catalogue import Catalogue
from booking.rules.return_paths import Posted, Sort

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClaimedSheet:
    """A sheet that is ours to send until the claim runs out."""

    id: int
    town: str
    office: str
    day: date
    address: str
    names: bool
    message_id: str
    attempts: int
    catalogue: Catalogue


def send_day_sheets(clock: Clock, *, is_stopping: Callable[[], bool] = lambda: False) -> Sweep:
    """Mail every sheet that is due over one connection; a relay that is away costs none an attempt."""
    sent = 0
    if not _is_anything_due(now=clock()):
        return Sweep(0, is_relay_away=False)
    try:
        with Relay(current_app) as relay:
            while not is_stopping() and (sheet := _claim(now=clock())) is not None:
                sent += _send(sheet, relay, clock)
    except RelayAway as away:
        log.warning("mail relay away: %s", away)
        return Sweep(sent, is_relay_away=True)
    except Interrupted as broken:
        log.warning("mail relay broke off: %s", broken)
    return Sweep(sent, is_relay_away=False)


@reads
def _is_anything_due(*, now: datetime) -> bool:
    found = db.session.scalar(select(DaySheet.id).where(_is_next(now)).limit(1))
    db.session.rollback()
    return found is not None


def _is_next(now: datetime) -> ColumnElement[bool]:
    unfinished = DaySheet.sent_at.is_(None) & ~DaySheet.given_up & (DaySheet.next_at <= now)
    return unfinished & or_(DaySheet.claimed_until.is_(None), DaySheet.claimed_until <= now)


@writes
def _claim(*, now: datetime) -> ClaimedSheet | None:
    """Claim the longest waiting sheet, or None; on PostgreSQL another process skips the row that we hold."""
    _drop_unwanted(now)
    query = select(DaySheet).where(_is_next(now)).order_by(DaySheet.next_at, DaySheet.id).limit(1)
    row = db.session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    row.claimed_until = now + LEASE
    office = db.session.get_one(Office, row.office_id)
    row.address = office.day_sheet_to  # it may have changed since the sheet was planned
    town = db.session.get_one(Municipality, office.municipality_id)
    return ClaimedSheet(
        id=row.id,
        town=town.slug,
        office=office.slug,
        day=row.day,
        address=row.address,
        names=office.day_sheet_names,
        message_id=row.message_id,
        attempts=row.attempts,
        catalogue=catalogue_by_id(town.id),
    )


def _drop_unwanted(now: datetime) -> None:
    """Drop what was planned before its office switched the mail off."""
    switched_off = select(Office.id).where(Office.day_sheet_to == "")
    db.session.execute(delete(DaySheet).where(_is_next(now), DaySheet.office_id.in_(switched_off)))


def _send(sheet: ClaimedSheet, relay: Relay, clock: Clock) -> bool:
    """Send one sheet and mark it; return whether the relay has it."""
    now = clock()
    if now.astimezone(sheet.catalogue.zone).date() > sheet.day:
        _mark(sheet, given_up=True, failure="the day was over before the relay took it")
        return False
    try:
        message = _written(sheet, now=now)
        sender, to = (message[header].addresses[0].addr_spec for header in ("From", "To"))
        sender = envelope_sender(Posted(Sort.DAY_SHEET, sheet.id, sheet.message_id), sender)
        relay.deliver(message, sender=sender, to=to)
    except RelayAway:
        _mark(sheet)
        raise
    except Interrupted as broken:
        _defer(sheet, str(broken), now=clock())
        raise
    except Deferred as deferred:
        log.warning("day sheet %d deferred: %s", sheet.id, str(deferred)[:3])  # the rest may repeat the address
        _defer(sheet, str(deferred), now=clock())
    except (Rejected, Unaddressable, NotFound) as rejected:
        log.warning("day sheet %d rejected: %s", sheet.id, str(rejected)[:3])
        _mark(sheet, given_up=True, failure=str(rejected))
    else:
        _mark(sheet, sent_at=clock(), failure=None)
        return True
    return False


def _written(sheet: ClaimedSheet, *, now: datetime) -> EmailMessage:
    from booking.mail.day_sheet import day_sheet_message  # noqa: PLC0415 - 30 MB that most processes never need

    found = day_sheets(sheet.town, sheet.office, sheet.day, now=now, names=sheet.names)
    db.session.rollback()  # no transaction stays open while the relay takes its time
    return day_sheet_message(found, sheet.catalogue, to=sheet.address, message_id=sheet.message_id)


def _defer(sheet: ClaimedSheet, reason: str, *, now: datetime) -> None:
    if sheet.attempts >= len(PAUSES):
        _mark(sheet, given_up=True, failure=reason)
        return
    pause = PAUSES[sheet.attempts] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    _mark(sheet, attempts=sheet.attempts + 1, next_at=now + pause, failure=reason)


@writes
def _mark(sheet: ClaimedSheet, **values: object) -> None:
    """Note what has become of it, and give it back."""
    db.session.execute(update(DaySheet).where(DaySheet.id == sheet.id).values(claimed_until=None, **values))
