"""Time zones as VTIMEZONE with recurrence rules.

Outlook misreads what icalendar writes by itself (a list of RDATEs): an hour wrong in summer. So Berlin's is written by
hand, others are derived from the zone's own clock changes where a yearly rule describes them.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from booking.rules.spans import Span

BERLIN = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1


@dataclass(frozen=True, slots=True)
class Change:
    """A clock change: the wall time at which it happens (by the clock before it) and the offsets around it."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


@lru_cache(maxsize=64)
def vtimezone(zone: ZoneInfo, year: int) -> str | None:
    """Return the VTIMEZONE for appointments in a year; None where no yearly rule fits: write UTC then."""
    if zone.key == "Europe/Berlin":
        return BERLIN
    changes = [_changes(zone, each) for each in (year - 1, year, year + 1)]
    if not any(changes):
        return _wrapped(zone, [_observance(_never(zone, year), None)])
    if {len(found) for found in changes} != {2}:
        return None
    rules = [_rule([found[place] for found in changes]) for place in (0, 1)]
    if None in rules:
        return None
    return _wrapped(zone, [_observance(change, rule) for change, rule in zip(changes[0], rules, strict=True)])


def _wrapped(zone: ZoneInfo, observances: list[str]) -> str:
    return f"BEGIN:VTIMEZONE\nTZID:{zone.key}\n{''.join(observances)}END:VTIMEZONE\n"


def _observance(change: Change, rule: str | None) -> str:
    kind = "DAYLIGHT" if change.is_daylight else "STANDARD"
    recurrence = f"RRULE:FREQ=YEARLY;{rule}\n" if rule else ""
    return (
        f"BEGIN:{kind}\nDTSTART:{change.wall:%Y%m%dT%H%M%S}\n{recurrence}TZNAME:{change.name}\n"
        f"TZOFFSETFROM:{_offset(change.before)}\nTZOFFSETTO:{_offset(change.after)}\nEND:{kind}\n"
    )


def _offset(offset: timedelta) -> str:
    minutes = abs(int(offset.total_seconds())) // 60
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def _rule(changes: list[Change]) -> str | None:
    """Return the rule that falls on all of these yearly changes: the nth, or the last, of a weekday in a month."""
    first = changes[0].wall
    if len({(each.wall.month, each.wall.weekday(), each.wall.time(), each.after) for each in changes}) != 1:
        return None
    for nth in ((first.day - 1) // 7 + 1, LAST):
        if all(_nth_weekday(each.wall.date(), nth) == each.wall.date() for each in changes):
            return f"BYMONTH={first.month};BYDAY={nth}{DAYS[first.weekday()]}"
    return None


def _nth_weekday(like: date, nth: int) -> date:
    """Return the nth (or last) day with this date's weekday in its month."""
    length = monthrange(like.year, like.month)[1]
    days = [day for day in range(1, length + 1) if (day - like.day) % 7 == 0]
    return like.replace(day=days[LAST] if nth == LAST else days[min(nth, len(days)) - 1])


def _changes(zone: ZoneInfo, year: int) -> list[Change]:
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    return [
        _change(zone, Span(one, other))
        for one, other in pairwise(noons)
        if _offset_at(zone, one) != _offset_at(zone, other)
    ]


def _change(zone: ZoneInfo, between: Span) -> Change:
    before, after = between.start, between.end
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        if _offset_at(zone, middle) == _offset_at(zone, before):
            before = middle
        else:
            after = middle
    moment = after.replace(second=0, microsecond=0)
    local = after.astimezone(zone)
    old = _offset_at(zone, before)
    return Change(
        (moment + old).replace(tzinfo=None), old, _offset_at(zone, after), local.tzname() or "", bool(local.dst())
    )


def _never(zone: ZoneInfo, year: int) -> Change:
    local = datetime(year, 1, 1, tzinfo=zone)
    offset = _offset_at(zone, local)
    return Change(datetime(1970, 1, 1), offset, offset, local.tzname() or zone.key, is_daylight=False)  # noqa: DTZ001 - wall time


def _offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
