"""What the schema calls formats: each a function from a text to the sentence that says what is wrong, or None."""

import re
import zoneinfo
from collections.abc import Callable
from datetime import date, time
from functools import cache
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from booking.catalogue.faults import did_you_mean, quoted
from booking.rules.colours import parse
from booking.rules.embedding import HERE, is_origin, is_trustworthy
from booking.rules.spans import GRID_MINUTES

YEARS = range(2000, 2101)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH_DAY = re.compile(r"\d{2}-\d{2}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def parse_hours(hours: str) -> tuple[time, time]:
    """Turn valid hours into two times on the wall clock."""
    begin, end = hours.split("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


END_OF_DAY = "24:00"
"""Only a closure may last until then; everything else ends within its day."""


def is_day(text: str) -> bool:
    """Whether the text is a date of the calendar or a day of every year."""
    return _date_fault(text) is None or _month_day_fault(text) is None


def _time_fault(text: str) -> str | None:
    found = _CLOCK.fullmatch(text) if text.isascii() else None
    if not found:
        return f'{quoted(text)} is not a time such as "08:30".'
    hour, minute = int(found[1]), int(found[2])
    if hour not in range(24) or minute not in range(60):
        return f"{quoted(text)} does not exist: the day has the times 00:00 to 23:59."
    if len(text) != len("08:30"):
        return f'{quoted(text)} must have two digits for the hour: "0{text}".'
    return f"{quoted(text)} is off the grid of {GRID_MINUTES} minutes." if minute % GRID_MINUTES else None


def _hours_fault(text: str) -> str | None:
    begin, dash, end = text.partition("-")
    if not dash:
        return f'{quoted(text)} are not hours such as "08:30-12:00".'
    if fault := _time_fault(begin) or _time_fault(end):
        return fault
    if begin >= end:
        return f"{quoted(text)} must end later than they begin; they lie within one day and cannot cross midnight."
    return None


def _shut_hours_fault(text: str) -> str | None:
    """Like hours, but they may last until the end of the day."""
    begin, _dash, end = text.partition("-")
    return _time_fault(begin) if end == END_OF_DAY else _hours_fault(text)


def _date_fault(text: str) -> str | None:
    if not _DATE.fullmatch(text) or not text.isascii():
        return f"{quoted(text)} is not a date such as 2026-12-05."
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return f"{quoted(text)} does not exist in the calendar."
    return None if day.year in YEARS else f"{quoted(text)} lies outside the years 2000 to 2100."


def _month_day_fault(text: str) -> str | None:
    if not _MONTH_DAY.fullmatch(text) or not text.isascii():
        return f'{quoted(text)} is not a day of the year such as "12-24" (month, then day).'
    # 2000 was a leap year: 02-29 is a day of the year, if not of every one.
    return None if _date_fault(f"2000-{text}") is None else f"{quoted(text)} does not exist in the calendar."


def _email_fault(text: str) -> str | None:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return f"{quoted(text)} is not an e-mail address: {quoted(str(error))[1:-1]}"
    if not text.rpartition("@")[0].isascii():  # a domain has its form in ASCII, what stands before it has none
        return f"{quoted(text)} has letters before the @ that many mail relays refuse."
    return None


def _web_address_fault(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return f"{quoted(text)} is not a web address."
    if parts.scheme not in {"https", "http"}:
        return f"{quoted(text)} is not a web address that begins with https://."
    if (
        not _HOST.fullmatch(host)
        or parts.username is not None
        or not text.isascii()
        or re.search(r'[\s"<>\\^`{|}]', text)
    ):
        return f"{quoted(text)} is not a web address such as https://www.example.de/page."
    return None


def _origin_fault(text: str) -> str | None:
    """An origin is compared whole: a path would be ignored, and ``*.example.de`` would trust hosts nobody has named."""
    if "*" in text:
        return f"{quoted(text)} has a wildcard: name each site, such as https://www.example.de."
    if not text.isascii():
        return f"{quoted(text)} must be written in ASCII, as browsers do it: https://xn--…"
    host = urlsplit(text).hostname if is_origin(text) else None
    if host is None or (host not in HERE and _web_address_fault(text)):
        return f"{quoted(text)} is not an origin such as https://www.example.de (without a path)."
    if not is_trustworthy(text):
        return f"{quoted(text)} must begin with https://: only this very machine (localhost) may do without."
    return None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _timezone_fault(text: str) -> str | None:
    if text in _timezones() and "/" in text:
        return None
    return f"{quoted(text)} is not a time zone such as Europe/Berlin.{did_you_mean(text, _timezones())}"


def _colour_fault(text: str) -> str | None:
    try:
        parse(text)
    except ValueError:
        return f'{quoted(text)} is not a colour such as "#1a5f3c" (six digits 0-9, a-f after #, in quotes).'
    return None


FORMATS: dict[str, Callable[[str], str | None]] = {
    "time-of-day": _time_fault,
    "hours": _hours_fault,
    "shut-hours": _shut_hours_fault,
    "date": _date_fault,
    "month-day": _month_day_fault,
    "email": _email_fault,
    "web-address": _web_address_fault,
    "origin": _origin_fault,
    "timezone": _timezone_fault,
    "colour": _colour_fault,
}
