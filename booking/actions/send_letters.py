"""Send what is in the outbox: claim → commit → send → mark. Repeatable, and safe with any number of processes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage

from flask import current_app
from jinja2 import TemplateError
from sqlalchemy import exists, select

from booking.actions.blocked import blocked_until
from booking.actions.catalogues import catalogue_by_id
from booking.actions.keys import envelope_sender
from booking.actions.lost_link import open_beside
from booking.actions.outbox import (
    Claimed,
    claim,
    is_anything_due,
    mark_deferred,
    mark_rejected,
    mark_sent,
    mark_superseded,
    put_back,
)
from booking.actions.presenting import present
from booking.actions.relocations import with_former
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.mail import compose
from booking.mail.message import Envelope, Unaddressable
from booking.mail.relay import Deferred, Interrupted, Rejected, Relay, RelayAway
from booking.metrics import Sending, count_letter
from booking.models import Appointment as Row
from booking.models import Kind, Letter, LetterStatus
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import ACTIVE, Status, confirm_by
from booking.rules.orders import policy_of_booked
from booking.rules.return_paths import Posted, Sort

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]

FIRM = ACTIVE - {Status.PENDING}
FITS: dict[Kind, frozenset[Status]] = {  # in which states of its appointment a letter still says something true
    Kind.VERIFY: frozenset({Status.PENDING}),
    Kind.TOO_MANY: frozenset({Status.EXPIRED}),
    Kind.ADDRESS_FIRST: frozenset({Status.EXPIRED}),
    Kind.BY_PHONE: frozenset({Status.EXPIRED}),
    Kind.CONFIRMED: FIRM,
    Kind.MOVED: FIRM,
    Kind.RELOCATED: FIRM,
    Kind.CANCELLED_BY_CITIZEN: frozenset({Status.CANCELLED}),
    Kind.CANCELLED_BY_OFFICE: frozenset({Status.CANCELLED}),
    Kind.REMINDER: frozenset({Status.CONFIRMED}),
    Kind.LINK: ACTIVE | {Status.EXPIRED},
    Kind.DECLINED: frozenset({Status.CONFIRMED}),
}

CLOSING = frozenset({Kind.CANCELLED_BY_OFFICE, Kind.BY_PHONE})  # these say when somebody blocked may book again

# What a value that nobody foresaw makes of templates, headers and calendar: one letter's trouble, not everybody's.
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, MessageError, TemplateError, TypeError, ValueError)


class Unwritable(Exception):  # noqa: N818 - named by what the letter is
    """A letter that cannot be written, by which type of error: the error itself may hold an address."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did; ``is_relay_away`` asks the caller to let the relay rest for a while."""

    sent: int
    is_relay_away: bool


def send_letters(clock: Clock, *, is_stopping: Callable[[], bool] = lambda: False) -> Sweep:
    """Send everything that is due over one connection, letter by letter until ``is_stopping``.

    A relay that cannot be used costs no letter an attempt. Raises Unavailable when the database is away.
    """
    if not is_anything_due(now=clock()):
        return Sweep(0, is_relay_away=False)
    sent = 0
    try:
        with Relay(current_app) as relay:
            while not is_stopping() and (letter := claim(now=clock())) is not None:
                sent += _send(letter, relay, clock)
    except RelayAway as away:
        log.warning("mail relay away: %s", away)
        return Sweep(sent, is_relay_away=True)
    except Interrupted as broken:
        log.warning("mail relay broke off: %s", broken)
    return Sweep(sent, is_relay_away=False)


def _send(letter: Claimed, relay: Relay, clock: Clock) -> bool:
    """Send one letter and mark it; return whether the relay has it."""
    try:
        message = _written(letter, now=clock())
        if message is None:
            mark_superseded(letter)
            count_letter(Sending.SUPERSEDED)
            return False
        sender, to = (message[header].addresses[0].addr_spec for header in ("From", "To"))
        sender = envelope_sender(Posted(Sort.LETTER, letter.id, letter.message_id), sender)
        relay.deliver(message, sender=sender, to=to)
    except RelayAway:
        put_back(letter)
        raise
    except Interrupted as broken:
        mark_deferred(letter, str(broken), now=clock())
        count_letter(Sending.DEFERRED)
        raise
    except Deferred as deferred:
        log.warning("letter %d deferred: %s", letter.id, str(deferred)[:3])  # the rest may repeat the address
        mark_deferred(letter, str(deferred), now=clock())
        count_letter(Sending.DEFERRED)
    except (Rejected, Unaddressable) as rejected:
        log.warning("letter %d rejected: %s", letter.id, str(rejected)[:3])
        mark_rejected(letter, str(rejected), now=clock())
        count_letter(Sending.FAILED)
    except Unwritable as unwritable:
        log.error("letter %d cannot be written: %s", letter.id, unwritable)  # noqa: TRY400 - a trace may hold addresses
        mark_rejected(letter, f"the letter cannot be written ({unwritable})", now=clock())
        count_letter(Sending.FAILED)
    else:
        mark_sent(letter, now=clock())
        count_letter(Sending.SENT)
        return True
    return False


@reads
def _written(letter: Claimed, *, now: datetime) -> EmailMessage | None:
    """Write the letter by the appointment's present state; None when that has made it pointless."""
    try:
        row = db.session.get(Row, letter.appointment_id)
        if row is None:
            return None
        try:
            appointment = present(row, catalogue_by_id(row.municipality_id))
            if letter.kind is Kind.RELOCATED:
                appointment = with_former(appointment)
            if letter.kind in CLOSING:
                appointment = replace(appointment, blocked_until=blocked_until(row, now))
        except NotFound:
            return None
        # Whoever a letter was queued for before the address was corrected must not get the new address's link.
        if letter.address != appointment.email or not _still_fits(letter, appointment, now) or _is_outdated(letter):
            return None
        others = _others(row, now) if letter.kind is Kind.LINK else []
    finally:
        db.session.rollback()  # no transaction stays open while the relay takes its time
    envelope = Envelope(
        letter.address, letter.language, letter.message_id, letter.method, letter.sequence, now.replace(microsecond=0)
    )
    try:
        message = compose(letter.kind, _as_accepted(appointment, letter, now), envelope, others)
        message.as_bytes()  # some headers are only looked at when they are written
    except UNFORESEEN as problem:
        raise Unwritable(type(problem).__name__) from problem
    return message


def _others(row: Row, now: datetime) -> list[Appointment]:
    """Who lost one link has lost them all."""
    catalogue = catalogue_by_id(row.municipality_id)
    return [present(other, catalogue) for other in open_beside(row, now)]


def _still_fits(letter: Claimed, appointment: Appointment, now: datetime) -> bool:
    if letter.kind is Kind.DECLINED and appointment.declined_at is None:
        return False  # accepted since, or moved: the question is answered
    return appointment.status_at(now) in FITS[letter.kind] and appointment.end > now


def _is_outdated(letter: Claimed) -> bool:
    """Whether a later letter brings a newer calendar entry: clients would show the older one as news."""
    if letter.method is None:
        return False
    later = (
        Letter.appointment_id == letter.appointment_id,
        Letter.id > letter.id,
        Letter.method.is_not(None),
        Letter.status == LetterStatus.WAITING,
    )
    return bool(db.session.scalar(select(exists().where(*later))))


def _as_accepted(appointment: Appointment, letter: Claimed, now: datetime) -> Appointment:
    """Show the deadline that will hold once the relay has the letter: it runs from then, not from the booking."""
    if letter.kind is not Kind.VERIFY:
        return appointment
    until = confirm_by(policy_of_booked(appointment), appointment.asking, accepted=now)
    return replace(appointment, confirm_by=until)
