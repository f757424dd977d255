"""A calendar feed (RFC 5545, 7986): many appointments of an office or clerk, for calendars that ask again.

No METHOD: nobody is invited, and what is gone from the feed goes from the calendar. The same rows give the same bytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone
from icalendar.enums import CLASS, STATUS, TRANSP
from icalendar.prop import vDuration, vText

from booking.ical import PRODID
from booking.ical.zones import vtimezone
from booking.rules.feeds import Entry

REFRESH = timedelta(minutes=15)  # a wish: programs ask when they like, some once a day


def feed(name: str, entries: Sequence[Entry], *, zone: ZoneInfo, year: int) -> bytes:
    """Return ``text/calendar`` bytes; ``year`` is the present one, whose clock changes the zone is described by."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for key in ("name", "x-wr-calname"):
        calendar.add(key, vText(name))
    calendar.add("refresh-interval", _lasting(REFRESH))
    calendar.add("x-published-ttl", vDuration(REFRESH))
    described = vtimezone(zone, year)
    if described:
        calendar.add_component(Timezone.from_ical(described.replace("\n", "\r\n")))
    for entry in entries:
        calendar.add_component(_event(entry, zone if described else None))
    return bytes(calendar.to_ical(sorted=False))


def _lasting(span: timedelta) -> vDuration:
    """Return a duration that says that it is one: RFC 7986 §5.7 asks for it, and icalendar leaves it out."""
    duration = vDuration(span)
    duration.params["VALUE"] = "DURATION"
    return duration


def _event(entry: Entry, zone: ZoneInfo | None) -> Event:
    event = Event.new(
        uid=entry.uid,
        sequence=entry.sequence,
        stamp=_second(entry.changed_at),  # without METHOD it is the last change (RFC 5545 §3.8.7.2)
        created=_second(entry.created_at),
        last_modified=_second(entry.changed_at),
        summary=entry.summary,
        description=entry.details,
        location=entry.place,
        status=STATUS.CONFIRMED,
        transparency=TRANSP.OPAQUE,
        classification=CLASS.PRIVATE if entry.is_private else None,
    )
    event.start, event.end = _wall(entry.start, zone), _wall(entry.end, zone)
    return event


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _wall(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """Return an instant on the wall clock; in UTC where that clock shows the same time twice (the night in October)."""
    if zone is None:
        return moment.astimezone(UTC)
    local = moment.astimezone(zone)
    is_twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return moment.astimezone(UTC) if is_twice else local
