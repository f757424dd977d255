"""Words on a page: catalogue texts with their language, dates and times as the reader's language writes them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from babel.dates import format_date, format_skeleton, format_time, get_day_names
from flask import Flask, g
from flask_babel import gettext
from markupsafe import Markup, escape

from booking import clock as wall
from booking.rules.catalogue import Office
from booking.rules.hours import Hours, extra_hours, walk_in_hours
from booking.rules.languages import LANGUAGES, base, direction
from booking.rules.secrets import speakable
from booking.rules.texts import Text, unbroken, word, worded
from booking.web import languages

MOST_KEYWORDS = 9
CLOCK = "HH:mm"  # on 24 hours in every language: what people read here is what the town hall's clock shows
Moment = TypeVar("Moment", bound=date)


def register(app: Flask) -> None:
    """Give the templates these words."""
    filters = (
        speakable,
        telephone,
        keywords,
        host,
        say,
        ltr,
        plain,
        full_date,
        full_moment,
        short_moment,
        short_date,
        day_and_month,
        weekday,
        near_day,
        clock,
    )
    for each in filters:
        app.add_template_filter(each)
    app.add_template_global(opening_hours)
    app.add_template_test(is_foreign, "foreign")
    app.add_template_global(hours_without_appointment)
    app.add_template_global(extra_opening)
    app.add_template_global(languages.asked, "html_language")
    app.add_template_global(languages.text_direction)
    app.add_template_global(comma)


def say(text: Text) -> Markup:
    """Return a catalogue text in the reader's language, or marked with the language that it really is in."""
    wording, language = worded(text, languages.asked())
    wording = unbroken(wording)
    if not is_foreign(text):
        return escape(wording)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), wording)


def is_foreign(text: Text) -> bool:
    """Whether a catalogue text cannot be read in the reader's language."""
    wording, language = worded(text, languages.asked())
    return bool(wording) and base(language) != base(languages.asked())


def ltr(words: str) -> Markup:
    """Keep what runs from left to right in one piece on a page that does not: numbers, addresses, German names.

    Between Arabic words ``05071 809-99`` would be read as ``809-99 05071`` (Unicode's bidirectional algorithm, UAX 9).
    """
    if not words or languages.text_direction() == "ltr":
        return escape(words)
    return Markup('<bdi dir="ltr">{}</bdi>').format(words)


def plain(text: Text) -> str:
    """Return a catalogue text without markup, for titles and attributes."""
    return unbroken(word(text, languages.asked()))


def full_date(moment: date) -> str:
    """Write ``Dienstag, 24. November 2026``; an instant is taken on the municipality's wall clock."""
    return format_date(_local(moment), "full", locale=languages.cldr())


def short_date(moment: date) -> str:
    """Write ``Di., 24. Nov.``."""
    return format_skeleton("MMMEd", _midnight(moment), locale=languages.cldr())


def full_moment(moment: datetime) -> str:
    """Write ``Dienstag, 24. November 2026, 08:30 Uhr``."""
    return f"{full_date(moment)}{comma()}{clock(moment)}"


def short_moment(moment: datetime) -> str:
    """Write ``Di., 24. Nov., 08:30 Uhr``."""
    return f"{short_date(moment)}{comma()}{clock(moment)}"


def day_and_month(moment: date) -> str:
    """Write ``24. Nov.``."""
    return format_skeleton("MMMd", _midnight(moment), locale=languages.cldr())


def weekday(day: date) -> str:
    """Write ``Di``."""
    return format_skeleton("E", _midnight(day), locale=languages.cldr()).rstrip(".")


def near_day(day: date) -> str:
    """Write ``Heute`` or ``Morgen``; nothing of any other day."""
    today = wall.now().astimezone(g.catalogue.zone).date()
    ahead = (_midnight(day).date() - today).days
    return str({0: gettext("Heute"), 1: gettext("Morgen")}.get(ahead, ""))


def clock(moment: datetime | time) -> str:
    """Write ``08:30 Uhr``; an instant is taken on the municipality's wall clock."""
    return str(gettext("%(time)s\N{NO-BREAK SPACE}Uhr", time=_hands(moment)))


def telephone(number: str) -> str:
    """Return a number for a ``tel:`` link (RFC 3966); German ones in their international form."""
    digits = "".join(sign for sign in number if sign.isdigit() or sign == "+")
    return f"+49{digits[1:]}" if digits.startswith("0") and not digits.startswith("00") else digits


def keywords(words: Mapping[str, tuple[str, ...]]) -> Markup:
    """Write the first words under which a referral is found, marked with their language."""
    return say({language: ", ".join(several[:MOST_KEYWORDS]) for language, several in words.items() if several})


def host(url: str) -> str:
    """Write an address as people do: ``heidekreis.de``."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def opening_hours(office: Office) -> list[tuple[str, str]]:
    """Return an office's hours as lines of (weekdays, hours)."""
    return _lines(office.opening_hours)


def hours_without_appointment(office: Office) -> list[tuple[str, str]]:
    """Return when an office serves people without an appointment, as lines of (weekdays, hours)."""
    today = wall.now().astimezone(g.catalogue.zone).date()
    return _lines(walk_in_hours(g.catalogue, office, today))


def extra_opening(office: Office) -> list[tuple[date, str]]:
    """Return the days to come on which an office opens outside its weekly hours, with those hours."""
    today = wall.now().astimezone(g.catalogue.zone).date()
    last = today + timedelta(days=office.policy.horizon_days)
    return [(day, _spans(hours)) for day, hours in extra_hours(g.catalogue, office, today, last)]


def _lines(by_weekday: Mapping[int, Hours]) -> list[tuple[str, str]]:
    """Days with the same hours share a line; closed days have none."""
    names = get_day_names("abbreviated", locale=languages.cldr())
    lines: dict[str, list[str]] = {}
    for day in sorted(by_weekday):
        if by_weekday[day]:
            lines.setdefault(_spans(by_weekday[day]), []).append(names[day].rstrip("."))
    return [(comma().join(days), hours) for hours, days in lines.items()]


def comma() -> str:
    """Return what stands between two parts of one line; Arabic has its own sign."""
    return LANGUAGES[languages.asked()].comma


def _spans(hours: Hours) -> str:
    spans = comma().join(f"{_hands(start)}–{_hands(end)}" for start, end in hours)
    return str(gettext("%(time)s\N{NO-BREAK SPACE}Uhr", time=spans))


def _hands(moment: datetime | time) -> str:
    at = _local(moment) if isinstance(moment, datetime) else moment
    return format_time(at.replace(tzinfo=None), CLOCK, locale=languages.cldr())


def _local(moment: Moment) -> Moment:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(g.catalogue.zone)
    return moment


def _midnight(moment: date) -> datetime:
    day = _local(moment)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a calendar day, no instant
