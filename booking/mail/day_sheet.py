"""The mail that brings the next day's sheet to an office."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from booking.ical.origin import origin_of
from booking.ical.wording import long_date
from booking.mail.day_sheet_pdf import day_of, day_sheet_pdf
from booking.mail.message import policy_for, recipient
from booking.rules.catalogue import Catalogue
from booking.rules.day_sheets import Sheet
from booking.rules.texts import FALLBACK


def day_sheet_message(sheets: Sequence[Sheet], catalogue: Catalogue, *, to: str, message_id: str) -> EmailMessage:
    """Return the message with the sheets of one day as a PDF; nobody's name is outside of it. Raises Unaddressable."""
    first, origin = sheets[0], origin_of(catalogue, FALLBACK)
    built = EmailMessage(policy=policy_for(to))
    built["From"] = Address(origin.name, addr_spec=origin.sender)
    built["To"] = recipient(to)
    built["Subject"] = f"Tagesplan {first.office}, {day_of(first)}"
    built["Message-ID"] = message_id
    built["Date"] = first.as_of
    built["Auto-Submitted"] = "auto-generated"
    built.set_content(_words(sheets))
    name = f"tagesplan-{first.day}.pdf"
    built.add_attachment(day_sheet_pdf(sheets), "application", "pdf", filename=name)
    built["Content-Language"] = FALLBACK
    return built


def _words(sheets: Sequence[Sheet]) -> str:
    first = sheets[0]
    count = len(first.lines)
    booked = {0: "Noch ist kein Termin gebucht.", 1: "Ein Termin ist gebucht."}.get(
        count, f"{count} Termine sind gebucht."
    )
    moment: datetime = first.as_of
    return (
        f"Im Anhang ist der Tagesplan für {first.office} am {day_of(first)}.\n\n"
        f"{booked} Stand: {long_date(moment, FALLBACK)}, {moment:%H:%M} Uhr.\n\n"
        "Bitte drucken Sie ihn nur aus, wenn Sie ihn brauchen, und vernichten Sie ihn nach dem Tag.\n"
        "Diese E-Mail hat Wartefrei verschickt. Abbestellen kann sie die Leitung unter „Drucke und Kalender“.\n"
    )
