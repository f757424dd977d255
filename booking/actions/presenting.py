"""Row → value: an appointment with everything that may be shown of it."""

from booking.actions.keys import keyring
from booking.errors import NotFound
from booking.models import Appointment as Row
from booking.rules import appointments
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from booking.rules.orders import checklist
from booking.rules.secrets import code_of, holder_of, token_of


def present(row: Row, catalogue: Catalogue) -> appointments.Appointment:
    """Return an appointment that has a start as a value; NotFound for what has been erased."""
    if row.start is None or row.end is None or row.erased_at is not None:
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
        start=row.start,
        end=row.end,
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
    )


def booked_concerns(row: Row, catalogue: Catalogue) -> tuple[appointments.BookedConcern, ...]:
    """Return what an appointment is for, named and measured as it was when it was booked."""
    found = ((at, catalogue.concern(at.concern_id)) for at in row.concerns)
    return tuple(
        appointments.BookedConcern(concern.id, concern.slug, at.name, at.quantity, at.minutes, concern.discreet)
        for at, concern in found
    )
