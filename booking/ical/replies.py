"""What calendars answer (RFC 5546, METHOD:REPLY): whose entry, which edition of it, and whether they come."""

from dataclasses import dataclass

from icalendar import Calendar, Component

LARGEST = 64 * 1024  # octets; an answer to one of our entries has about two thousand
LONGEST_UID = 255
ANSWERS = frozenset({"ACCEPTED", "TENTATIVE", "DECLINED", "NEEDS-ACTION"})
# What a calendar that nobody foresaw makes of the parser. OSError: it looks for a time zone's file by the name given,
# which may be that of a folder ("Europe"), or longer than names can be.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Reply:
    """``attendee`` is an address in small letters; ``is_spoken``: somebody wrote words of their own to it."""

    uid: str
    sequence: int
    attendee: str
    answer: str
    is_spoken: bool


def read_reply(body: bytes) -> Reply | None:
    """Return the answer in a calendar object; None for every other object, and for what nobody can read.

    Outlook leaves the ORGANIZER out, so it is not looked at.
    """
    if len(body) > LARGEST:
        return None
    try:
        calendar = Calendar.from_ical(body.decode(errors="replace"))
        events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
        is_reply = calendar.name == "VCALENDAR" and str(calendar.get("METHOD", "")).upper() == "REPLY"
        if not is_reply or len(events) != 1:
            return None
        return _reply(events[0])
    except UNREADABLE:
        return None


def _reply(event: Component) -> Reply | None:
    attendees = event.get("ATTENDEE")
    attendees = attendees if isinstance(attendees, list) else [attendees]
    uid, sequence = str(event.get("UID", "")), int(event.get("SEQUENCE", 0))
    if len(attendees) != 1 or attendees[0] is None or "RECURRENCE-ID" in event:
        return None
    answer = str(attendees[0].params.get("PARTSTAT", "")).upper()
    if answer not in ANSWERS or not _is_uid(uid) or not 0 <= sequence < 2**31:
        return None
    is_spoken = bool(str(event.get("COMMENT", "")).strip())
    return Reply(uid, sequence, _address(attendees[0]), answer, is_spoken)


def _is_uid(text: str) -> bool:
    """Whether this could be a UID of ours; with a NUL PostgreSQL would not even look for it."""
    return 0 < len(text) <= LONGEST_UID and text.isprintable()


def _address(attendee: object) -> str:
    """Return the address of ``mailto:…``; Apple may put a number of its own there and the address into EMAIL."""
    scheme, _, address = str(attendee).strip().partition(":")
    if scheme.casefold() != "mailto":
        address = str(getattr(attendee, "params", {}).get("EMAIL", ""))
    return address.casefold()
