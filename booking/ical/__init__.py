"""Appointment → calendar object (RFC 5545, 5546): the same UID and a rising SEQUENCE from booking to cancellation.

Calendars get shared. So an entry carries no token, and of a discreet concern neither its name nor its checklist: both
stand in the letter only.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress
from icalendar.enums import CLASS, STATUS, TRANSP

from booking.ical.origin import Origin, origin_of
from booking.ical.wording import checklist, left_to_right, plain_line, short_name, subject_matter, translations
from booking.ical.zones import vtimezone
from booking.rules.appointments import Appointment
from booking.rules.languages import spoken
from booking.rules.lifecycle import Status, check_booked
from booking.rules.secrets import speakable
from booking.rules.texts import word

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
PRODID = "-//Wartefrei//Termin 1.0//DE"
DAY_BEFORE = timedelta(days=-1)
UNSAFE_IN_NAME = re.compile(r'["\x00-\x1f\x7f-\x9f\u2028\u2029]+')


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the objects that tell of an appointment: METHOD and SEQUENCE as frozen with its letter.

    ``stamp`` is the moment of this message (DTSTAMP); ``attendee`` is the address that it goes to, empty for PUBLISH.
    """

    method: str
    sequence: int
    stamp: datetime
    language: str
    attendee: str = ""


def calendar_object(appointment: Appointment, edition: Edition) -> bytes:
    """Return ``text/calendar`` bytes: UTF-8, CRLF, folded at 75 octets."""
    language = spoken(edition.language)
    catalogue = appointment.catalogue
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", edition.method)
    zone = vtimezone(catalogue.zone, appointment.start.astimezone(catalogue.zone).year)
    if zone:
        calendar.add_component(Timezone.from_ical(zone.replace("\n", "\r\n")))
    event = _event(appointment, edition, origin_of(catalogue, language), language)
    event.start, event.end = (
        moment.astimezone(catalogue.zone if zone else UTC) for moment in (appointment.start, appointment.end)
    )
    calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def download(appointment: Appointment, *, now: datetime) -> bytes:
    """Return the calendar file for the appointment's page: METHOD:PUBLISH, the same UID, nobody invited.

    Raises NotPossibleNow for what is not booked: nobody shall find that in a calendar.
    """
    check_booked(appointment.status_at(now))
    return calendar_object(appointment, Edition(PUBLISH, appointment.sequence, now, appointment.language))


def _event(appointment: Appointment, edition: Edition, origin: Origin, language: str) -> Event:
    is_over = edition.method == CANCEL or appointment.status is Status.CANCELLED
    event = Event.new(
        uid=appointment.uid,
        sequence=edition.sequence,
        stamp=edition.stamp.astimezone(UTC).replace(microsecond=0),
        created=appointment.created_at,
        last_modified=appointment.changed_at,
        summary=_summary(appointment, language),
        location=_location(appointment, language),
        description=_description(appointment, origin, language, is_over=is_over),
        url=origin.link_page,
        organizer=vCalAddress.new(origin.sender, cn=_safe_name(origin.name)),
        attendees=[_attendee(appointment, edition.attendee, asks=origin.hears_replies)] if edition.attendee else None,
        status=STATUS.CANCELLED if is_over else STATUS.CONFIRMED,
        transparency=TRANSP.TRANSPARENT if is_over else TRANSP.OPAQUE,
        classification=CLASS.PRIVATE,  # what people go to the town hall for can be sensitive
    )
    event.add("x-microsoft-cdo-busystatus", "FREE" if is_over else "BUSY")
    if not is_over:
        event.add_component(Alarm.new_display(_summary(appointment, language), DAY_BEFORE))
    return event


def _attendee(appointment: Appointment, address: str, *, asks: bool) -> vCalAddress:
    """Invite; without RSVP Outlook lets people decline and tells nobody, so it is set only where somebody listens."""
    name = "" if appointment.is_bare else _safe_name(appointment.name)
    return vCalAddress.new(
        address, cn=name or None, cutype="INDIVIDUAL", role="REQ-PARTICIPANT", partstat="NEEDS-ACTION", rsvp=asks
    )


def _safe_name(name: str) -> str:
    """Return a name that fits between double quotes (RFC 5545 §3.2 has no escape for them)."""
    return UNSAFE_IN_NAME.sub(" ", name).strip()


def _summary(appointment: Appointment, language: str) -> str:
    matter = subject_matter(appointment, language)
    if appointment.is_discreet or appointment.is_bare:
        return matter
    return f"{short_name(appointment.office, language)}: {matter}"


def _location(appointment: Appointment, language: str) -> str:
    office = appointment.office
    return ", ".join(
        part for part in (short_name(office, language), word(office.room, language), office.address) if part
    )


def _description(appointment: Appointment, origin: Origin, language: str, *, is_over: bool) -> str:
    _ = translations(language).gettext
    number = _("Terminnummer: %(reference)s") % {"reference": left_to_right(speakable(appointment.reference), language)}
    if is_over:
        return "\n".join([_("Dieser Termin ist abgesagt."), number])
    parts = ["\n".join([*_matter(appointment, language), number]), _bring(appointment, language)]
    parts.append(_("Verlegen oder absagen: %(link)s") % {"link": origin.link_page})
    parts.append(_("Wer den Termin nur im Kalender ablehnt oder löscht, hat ihn noch nicht abgesagt."))
    if appointment.office.phone:
        parts.append(_("Telefon: %(phone)s") % {"phone": left_to_right(appointment.office.phone, language)})
    return "\n\n".join(part for part in parts if part)


def _matter(appointment: Appointment, language: str) -> list[str]:
    return [] if appointment.is_discreet or appointment.is_bare else [subject_matter(appointment, language)]


def _bring(appointment: Appointment, language: str) -> str:
    _ = translations(language).gettext
    if appointment.is_bare:
        return ""
    if appointment.is_discreet:  # a checklist can give a concern away as well as its name
        return _("Was Sie mitbringen, steht in der E-Mail zu diesem Termin.")
    lines = [f"- {plain_line(line, language)}" for line in checklist(appointment, language)]
    return "\n".join([_("Bitte mitbringen:"), *lines]) if lines else ""
