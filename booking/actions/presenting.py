"""Row → value: an appointment with everything that may be shown of it."""

from datetime import datetime

from sqlalchemy import select

from booking.actions.keys import keyring
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Mark
from booking.rules import appointments
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, Verb
from booking.rules.orders import checklist
from booking.rules.secrets import code_of, holder_of, token_of
from booking.rules.spans import Span


def present(row: Row, catalogue: Catalogue) -> appointments.Appointment:
    """Return an appointment as a value; NotFound for what has been erased, and for a walk-in without a time.

    Whoever came too late and waits now is still shown the time that was agreed: their link and calendar mean that.
    """
    span = agreed_span(row)
    if span is None or row.erased_at is not None:
        raise NotFound("appointment")
    keys = keyring()
    return appointments.Appointment(
        id=row.id,
        catalogue=catalogue,
        office=catalogue.office(row.office_id),
        reference=row.reference,
        uid=row.uid,
        sequence=row.sequence,
        status=Status(row.status),
        start=span.start,
        end=span.end,
        concerns=booked_concerns(row, catalogue),
        documents=tuple(checklist([(catalogue.concern(at.concern_id), at.quantity) for at in row.concerns])),
        answers=tuple((answer.label, answer.text) for answer in row.answers),
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        address_proven=row.address_proven,
        created_at=row.created_at,
        changed_at=row.changed_at,
        confirm_by=row.confirm_by,
        cancelled_by=row.cancelled_by,
        mail_failure=row.mail_failure,
        holder=holder_of(row.reference, keys),
        token=token_of(row.reference, row.generation, keys),
        code=code_of(row.reference, row.generation, keys),
        channel=row.channel,
        is_extended=row.extended,
        declined_at=row.declined_at if row.declined_sequence == row.sequence else None,
    )


def agreed_span(row: Row) -> Span | None:
    """Return a row's time, or the one that somebody had who waits now because it went to others; else None."""
    if row.start is not None and row.end is not None:
        return Span(row.start, row.end)
    missed = (Mark.appointment_id == row.id, Mark.verb == Verb.MISS.value)
    before = db.session.scalar(select(Mark.before).where(*missed).order_by(Mark.id.desc()).limit(1)) or {}
    if not before.get("start"):
        return None
    return Span(datetime.fromisoformat(before["start"]), datetime.fromisoformat(before["end"]))


def booked_concerns(row: Row, catalogue: Catalogue) -> tuple[appointments.BookedConcern, ...]:
    """Return what an appointment is for, named and measured as it was when it was booked."""
    found = ((at, catalogue.concern(at.concern_id)) for at in row.concerns)
    return tuple(
        appointments.BookedConcern(concern.id, concern.slug, at.name, at.quantity, at.minutes, concern.discreet)
        for at, concern in found
    )
