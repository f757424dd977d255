"""One message: headers and the MIME tree that calendar programs understand (RFC 6047)."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from booking.ical import Edition, calendar_object
from booking.ical.origin import ascii_domain, origin_of
from booking.mail.rendering import render
from booking.rules.appointments import Appointment
from booking.rules.languages import spoken

# Seven bits: quoted-printable or base64, so that no relay has to know 8BITMIME. Non-ASCII local parts need RFC 6532.
PLAIN = SMTP.clone(cte_type="7bit")
INTERNATIONAL = SMTP.clone(cte_type="7bit", utf8=True)


class Unaddressable(Exception):  # noqa: N818 - says what is wrong with what was typed
    """No relay could understand this address."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom and in which language, under which Message-ID, with which calendar object, and when (Date, DTSTAMP)."""

    address: str
    language: str
    message_id: str
    method: str | None
    sequence: int | None
    now: datetime


def message(kind: str, appointment: Appointment, envelope: Envelope, **shown: object) -> EmailMessage:
    """Build the message of a letter; ``shown`` goes to its templates. Raises Unaddressable."""
    texts = render(kind, appointment, envelope.language, envelope.now, **shown)
    built = EmailMessage(policy=policy_for(envelope.address, appointment.office.email))
    _address(built, appointment, envelope)
    built["Subject"] = texts.subject
    built["Message-ID"] = envelope.message_id
    built["Date"] = envelope.now
    built["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office notes to the town hall
    built.set_content(texts.plain)
    built.add_alternative(texts.html, subtype="html")
    if envelope.method is not None and envelope.sequence is not None:
        edition = Edition(
            envelope.method, envelope.sequence, envelope.now, envelope.language, ascii_domain(envelope.address)
        )
        _add_calendar(built, calendar_object(appointment, edition), envelope.method)
    built["Content-Language"] = spoken(envelope.language)  # last: each part that is added drops what begins so
    return built


def policy_for(*addresses: str) -> "EmailPolicy[Any]":
    """Return how to write a message to these addresses: local parts in other scripts need UTF-8 headers."""
    return PLAIN if all(ascii_domain(address).isascii() for address in addresses) else INTERNATIONAL


def _address(built: EmailMessage, appointment: Appointment, envelope: Envelope) -> None:
    origin = origin_of(appointment.catalogue, spoken(envelope.language))
    built["From"] = Address(origin.name, addr_spec=origin.sender)
    built["To"] = recipient(envelope.address)  # without a name: whoever typed it could write anything
    if appointment.office.email:
        built["Reply-To"] = Address(addr_spec=ascii_domain(appointment.office.email))


def recipient(address: str) -> Address:
    """Return an address as a header value, without a name. Raises Unaddressable."""
    local, _, domain = ascii_domain(address).rpartition("@")
    try:
        if not local.isascii() and domain.isascii():
            return Address(username=local, domain=domain)  # RFC 6531; the parser below knows only ASCII
        return Address(addr_spec=f"{local}@{domain}")
    except (ValueError, IndexError, HeaderParseError) as problem:  # the standard library raises all three
        raise Unaddressable(str(problem)) from problem


def _add_calendar(built: EmailMessage, entry: bytes, method: str) -> None:
    """Add the object twice: as the last alternative for calendars, as a file for programs that only list attachments.

    Base64, because Outlook stumbles over quoted-printable line ends; no Content-Disposition on the first, or
    Thunderbird shows no invitation.
    """
    built.add_alternative(entry.decode(), subtype="calendar", charset="utf-8", cte="base64", params={"method": method})
    built.add_attachment(entry, "application", "ics", filename="termin.ics", params={"name": "termin.ics"})
