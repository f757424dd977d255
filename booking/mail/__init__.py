"""Letters: one function for each kind, named like its template folder; ``compose`` calls the right one."""

from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage

from booking.mail.message import Envelope, message
from booking.mail.rendering import listed_as
from booking.models import Kind
from booking.rules.appointments import Appointment

Writer = Callable[[Appointment, Envelope], EmailMessage]


def verify(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Ask for confirmation: not booked yet."""
    return message("verify", appointment, envelope, code=appointment.code, shows_checklist=True)


def too_many(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say that the time was not kept, because too many bookings of this address await confirmation."""
    return message("too_many", appointment, envelope)


def address_first(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Let somebody who could prove no work go on choosing a time: no time is taken before the link is used."""
    return message("address_first", appointment, envelope)


def by_phone(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Ask a blocked contact to call; why, they learn there."""
    return message("by_phone", appointment, envelope)


def confirmed(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say that it is booked, with the calendar entry."""
    return message("confirmed", appointment, envelope, shows_checklist=True)


def moved(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say when and where it is now, with the calendar entry's next edition."""
    return message("moved", appointment, envelope, shows_checklist=True)


def relocated(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say that the office had to move it and that the citizen may accept, choose anew or cancel."""
    return message("relocated", appointment, envelope, shows_checklist=True)


def cancelled_by_citizen(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say that it is cancelled, as wished."""
    return message("cancelled_by_citizen", appointment, envelope)


def cancelled_by_office(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Say that the office had to cancel, and that it is sorry."""
    return message("cancelled_by_office", appointment, envelope)


def reminder(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Remind of it on the working day before."""
    return message("reminder", appointment, envelope, shows_checklist=True)


def link(appointment: Appointment, envelope: Envelope, others: Sequence[Appointment] = ()) -> EmailMessage:
    """Send the link again to whoever lost it, with those of the address's other open appointments."""
    listed = [listed_as(other, envelope.language, envelope.now) for other in others]
    return message("link", appointment, envelope, others=listed)


def declined(appointment: Appointment, envelope: Envelope) -> EmailMessage:
    """Ask whether an entry that was declined in a calendar is really to be cancelled."""
    return message("declined", appointment, envelope)


WRITERS: Mapping[Kind, Writer] = {
    Kind.VERIFY: verify,
    Kind.TOO_MANY: too_many,
    Kind.ADDRESS_FIRST: address_first,
    Kind.BY_PHONE: by_phone,
    Kind.CONFIRMED: confirmed,
    Kind.MOVED: moved,
    Kind.RELOCATED: relocated,
    Kind.CANCELLED_BY_CITIZEN: cancelled_by_citizen,
    Kind.CANCELLED_BY_OFFICE: cancelled_by_office,
    Kind.REMINDER: reminder,
    Kind.LINK: link,
    Kind.DECLINED: declined,
}


def compose(
    kind: Kind, appointment: Appointment, envelope: Envelope, others: Sequence[Appointment] = ()
) -> EmailMessage:
    """Write a letter of this kind; only that of a lost link tells of ``others``."""
    if kind is Kind.LINK:
        return link(appointment, envelope, others)
    return WRITERS[kind](appointment, envelope)
