"""A day on paper: what of an office's day is printed, for the whole office or for one clerk, with or without names.

Paper lies about. So a discreet concern is unnamed on every sheet (design.md §2), and so are its answers, which give it
away; a sheet without names carries nothing that somebody typed.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.rules.blocks import BlockKind
from booking.rules.days import Column, Day, Entry
from booking.rules.languages import base
from booking.rules.lifecycle import Status
from booking.rules.secrets import speakable
from booking.rules.spans import Span
from booking.rules.texts import FALLBACK, unbracketed, word

BOXES = ("da", "fertig", "nicht erschienen")
TICKED = {
    Status.CHECKED_IN: ("da",),
    Status.CALLED: ("da",),
    Status.SERVING: ("da",),
    Status.SERVED: ("da", "fertig"),
    Status.NO_SHOW: ("nicht erschienen",),
}
KINDS = {BlockKind.ONLINE: "", BlockKind.STAFF: "(nur Telefon und Empfang)", BlockKind.WALK_IN: "(ohne Termin)"}
SPOKEN = {
    "de-simple": "Einfache Sprache",
    "en": "Englisch",
    "uk": "Ukrainisch",
    "tr": "Türkisch",
    "ar": "Arabisch",
    "ru": "Russisch",
}
DISCREET = "Anliegen vertraulich"
WHOLE_DAY = "00:00–24:00"
LONGEST = 300  # letters of an answer or note; the rest is on the screen
shorten = partial(textwrap.shorten, placeholder=" …")


class Detail(NamedTuple):
    """What a sheet tells of a person: the name with all that was typed, and the telephone number."""

    names: bool = True
    phones: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment on paper. ``when`` is ``08:30–08:45`` or what stands there of a walk-in; ``clerks`` are names."""

    when: str
    who: str
    reference: str
    clerks: str
    matter: tuple[str, ...]
    about: tuple[str, ...]
    ticked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One office's day, or one clerk's (``clerk`` is its name, else empty). ``as_of`` is local."""

    office: str
    clerk: str
    day: date
    hours: tuple[str, ...]
    lines: tuple[Line, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Press:
    """What every line of a sheet is made with."""

    detail: Detail
    zone: ZoneInfo
    clerks: dict[int, str]


def sheet_of_office(day: Day, detail: Detail, *, zone: ZoneInfo, now: datetime) -> Sheet:
    """Return the whole office's day, every clerk in one order of time."""
    names = {column.clerk.id: word(column.clerk.name, FALLBACK) for column in day.columns}
    press = Press(detail, zone, short_names(names, word(day.office.name, FALLBACK)))
    entries = [*day.entries, *_missed(day), *day.waiting]
    hours = [_hours(column, zone, word(column.clerk.name, FALLBACK)) for column in day.columns]
    return _sheet(day, press, (entries, ""), hours=[*hours, *_shut(day, zone)], now=now)


def sheets_of_clerks(day: Day, detail: Detail, *, zone: ZoneInfo, now: datetime) -> dict[str, Sheet]:
    """Return one sheet for each clerk of the day, by slug; people who wait for no clerk are on every one."""
    press = Press(detail, zone, {})
    made = {}
    for column in day.columns:
        missed = [entry for entry in _missed(day) if column.clerk.id in entry.clerks]
        waiting = [entry for entry in day.waiting if not entry.clerks or column.clerk.id in entry.clerks]
        about = [*column.entries, *missed, *waiting], word(column.clerk.name, FALLBACK)
        made[column.clerk.slug] = _sheet(
            day, press, about, hours=[_hours(column, zone, ""), *_shut(day, zone)], now=now
        )
    return made


def short_names(names: Mapping[int, str], office: str) -> dict[int, str]:
    """Return clerks' names as a narrow column takes them: ``Bürgerbüro Platz 2 (Springer)`` is ``Platz 2`` there.

    The office stands at the top of the sheet. Who would be called like another keeps the whole name.
    """
    prefix = unbracketed(office)
    short = {clerk: unbracketed(name).removeprefix(prefix).strip(" ,:–-") or name for clerk, name in names.items()}
    often = Counter(short.values())
    return {clerk: name if often[name] == 1 else names[clerk] for clerk, name in short.items()}


def _sheet(day: Day, press: Press, about: tuple[Sequence[Entry], str], *, hours: Sequence[str], now: datetime) -> Sheet:
    entries, clerk = about
    ordered = sorted((entry for entry in entries if not entry.is_hold), key=_by_time)
    return Sheet(
        office=word(day.office.name, FALLBACK),
        clerk=clerk,
        day=day.date,
        hours=tuple(said for said in hours if said),
        lines=tuple(_line(entry, press) for entry in ordered),
        as_of=now.astimezone(press.zone),
    )


def _by_time(entry: Entry) -> tuple[bool, datetime, int]:
    """Sort who has a time before who waits, each by time."""
    moment = entry.start or entry.arrived_at
    assert moment is not None  # noqa: S101 - for the type checker: whoever has no time has arrived
    return entry.start is None, moment, entry.id


def _missed(day: Day) -> list[Entry]:
    """Return who did not come: they may yet stand at the counter. Who cancelled will not."""
    return [entry for entry in day.gone if entry.status is Status.NO_SHOW]


def _hours(column: Column, zone: ZoneInfo, clerk: str) -> str:
    """Say when a clerk is there: ``Platz 1: 08:30–12:00, 14:00–16:00 (ohne Termin)``."""
    parts = [f"{_span(block.span, zone)} {KINDS[block.kind]}".strip() for block in column.blocks]
    parts += [f"{_span(span, zone)} nicht da" for span in column.absences]
    parts += [f"{_span(at.span, zone)} in: {word(at.office, FALLBACK)}" for at in column.elsewhere]
    said = ", ".join(parts) or "keine Sprechzeiten"
    return f"{clerk}: {said}" if clerk else said


def _shut(day: Day, zone: ZoneInfo) -> list[str]:
    holiday = [f"Feiertag: {word(day.holiday, FALLBACK)}"] if day.holiday else []
    hours = (_span(span, zone) for span in day.closures)
    return holiday + [f"Geschlossen: {'den ganzen Tag' if each == WHOLE_DAY else each}" for each in hours]


def _span(span: Span, zone: ZoneInfo) -> str:
    """Return local hours; the end of the day is ``24:00``, as opening hours are written."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    last = "24:00" if f"{end:%H:%M}" == "00:00" else f"{end:%H:%M}"
    return f"{start:%H:%M}–{last}"


def _line(entry: Entry, press: Press) -> Line:
    names = press.detail.names
    return Line(
        when=_when(entry, press.zone),
        who=entry.name if names else "",
        reference=speakable(entry.reference),
        clerks=", ".join(press.clerks[clerk] for clerk in entry.clerks if clerk in press.clerks),
        matter=_matter(entry),
        about=tuple(_about(entry, press.detail)),
        ticked=TICKED.get(entry.status, ()),
    )


def _when(entry: Entry, zone: ZoneInfo) -> str:
    if entry.start is not None and entry.end is not None:
        return _span(Span(entry.start, entry.end), zone)
    arrived = f"seit {entry.arrived_at.astimezone(zone):%H:%M}" if entry.arrived_at else ""
    return f"ohne Zeit {arrived}".strip()


def _matter(entry: Entry) -> tuple[str, ...]:
    if entry.is_discreet:
        return (DISCREET,)
    said = [(word(at.name, FALLBACK), at.quantity) for at in entry.concerns]
    return tuple(f"{quantity} × {name}" if quantity > 1 else name for name, quantity in said)


def _doubts(entry: Entry) -> Iterator[str]:
    """Say why somebody may not come, or not be served."""
    if entry.status is Status.PENDING:
        yield "Noch nicht bestätigt"
    if entry.is_stranded:
        yield "Platz fällt aus"
    if entry.is_declined:
        yield "Kalender: abgelehnt"


def _about(entry: Entry, detail: Detail) -> Iterator[str]:
    if entry.number is not None:
        yield f"Wartenummer {entry.number}"
    yield from _doubts(entry)
    if base(entry.language) != FALLBACK or entry.language in SPOKEN:
        yield f"Sprache: {SPOKEN.get(entry.language) or SPOKEN.get(base(entry.language)) or entry.language}"
    if not detail.names:
        return
    if entry.is_undeliverable:
        yield "E-Mail kam nicht an"
    if detail.phones and entry.phone:
        yield f"Telefon: {entry.phone}"
    if not entry.is_discreet:
        yield from (f"{word(label, FALLBACK)}: {shorten(text, LONGEST)}" for label, text in entry.answers if text)
    if entry.note:
        yield f"Notiz: {shorten(entry.note, LONGEST)}"
