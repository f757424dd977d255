"""What letters and calendar entries say in the reader's language: translations, dates, places, the checklist.

German is the msgid; ``booking/translations`` has the other languages in the gettext domain ``letters``. The language is
that of the letter, never that of a request, so nothing here looks at Flask's.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_datetime, format_skeleton
from babel.support import NullTranslations, Translations

from booking.rules.appointments import Appointment, BookedConcern
from booking.rules.catalogue import Office
from booking.rules.languages import LANGUAGES, base, direction
from booking.rules.orders import units
from booking.rules.texts import FALLBACK, Worded, word, worded
from booking.rules.visits import Bring

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
# "im Standesamt", but "in der Zulassungsstelle": the last part of a German compound decides its gender.
FEMININE = re.compile(r"(stelle|behörde|kasse|verwaltung|bücherei|halle|schule|wache|außenstelle)$", re.IGNORECASE)
NEUTER_OR_MASCULINE = re.compile(r"(amt|büro|haus|zentrum|center|service|archiv|referat|dienst|point)$", re.IGNORECASE)
LRM = "\N{LEFT-TO-RIGHT MARK}"
IN_BRACKETS = re.compile(r"\s*\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist as it is read: the name, how many, the cases, the notes, and for which concerns."""

    name: Worded
    each: str
    when: tuple[Worded, ...]
    notes: tuple[Worded, ...]
    only_for: str


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> NullTranslations:
    """Return the translations into a language of ``LANGUAGES``; German needs none."""
    return Translations.load(TRANSLATIONS, [LANGUAGES[language].gettext], domain="letters")


def long_date(moment: datetime, language: str) -> str:
    """Return the day of a local moment: ``Dienstag, 1. Dezember 2026``."""
    return format_date(moment.date(), "full", locale=LANGUAGES[language].cldr)


def short_date(day: date, language: str) -> str:
    """Return a day as it fits a subject: ``Di., 1. Dez.``."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a calendar day, no instant
    return format_skeleton("MMMEd", midnight, locale=LANGUAGES[language].cldr)


def clock_time(moment: datetime, language: str) -> str:
    """Return the hour of a local moment on 24 hours: ``08:05``."""
    return format_datetime(moment, "HH:mm", locale=LANGUAGES[language].cldr)


def at_office(office: Office, language: str) -> str:
    """Return the place as a phrase: ``im Standesamt``, ``in der Zulassungsstelle``; in brackets what is neither."""
    _ = translations(language).gettext
    name = short_name(office, language)
    first = name.split()[0] if name else ""
    is_german = base(language) == FALLBACK
    if is_german and FEMININE.search(first):
        return f"in der {name}"
    if not is_german or NEUTER_OR_MASCULINE.search(first):
        return _("im %(office)s") % {"office": name}
    return f"({name})"


def short_name(office: Office, language: str) -> str:
    """Return an office's name without what stands in brackets."""
    return IN_BRACKETS.sub("", word(office.name, language)).strip()


def subject_matter(appointment: Appointment, language: str) -> str:
    """Say what an appointment is about where others may read it: discreet ones only say where."""
    _ = translations(language).gettext
    if appointment.is_discreet or appointment.is_bare:
        return _("Termin %(at_office)s") % {"at_office": at_office(appointment.office, language)}
    return LANGUAGES[language].comma.join(concern_phrase(concern, language) for concern in appointment.concerns)


def concern_phrase(concern: BookedConcern, language: str) -> str:
    """Return a concern's name, with the quantity where it is more than one: ``2 × Reisepass beantragen``."""
    name = word(concern.name, language)
    return name if concern.quantity == 1 else f"{concern.quantity} × {name}"


def checklist(appointment: Appointment, language: str) -> list[Line]:
    """Return the merged checklist, what is always needed first; empty for a letter that must not name the concern."""
    if appointment.is_bare:
        return []
    lines = [_line(appointment, bring, language) for bring in appointment.documents]
    return sorted(lines, key=lambda line: bool(line.when))


def left_to_right(words: str, language: str) -> str:
    """Keep a number in one piece between Arabic words, which would be read as ``809-99 05071`` (UAX 9).

    By marks and not by isolates: more mail and calendar programs know them.
    """
    return f"{LRM}{words}{LRM}" if words and direction(language) == "rtl" else words


def plain_line(line: Line, language: str) -> str:
    """Return a line of the checklist as plain text."""
    _ = translations(language).gettext
    text = line.name.text
    if line.each:
        text += f" ({line.each})"
    if line.when:
        cases = f" {_('oder')} ".join(case.text for case in line.when)
        text += " – " + _("nur, wenn %(cases)s") % {"cases": cases}
    text = " ".join([_ended(text), *(_ended(note.text) for note in line.notes)]) if line.notes else text
    return f"{text} ({line.only_for})" if line.only_for else text


def _line(appointment: Appointment, bring: Bring, language: str) -> Line:
    _ = translations(language).gettext
    unit = word(units(appointment.chosen).get(bring.id, {}), language)
    names = LANGUAGES[language].comma.join(word(appointment.concerns[at].name, language) for at in bring.only_for)
    return Line(
        name=worded(bring.name, language),
        each=_how_many(bring, unit, language) if bring.per_unit and bring.count > 1 else "",
        when=_worded_all(bring.when, language),
        notes=_worded_all(bring.notes, language),
        only_for=_("für: %(concerns)s") % {"concerns": names} if names else "",
    )


def _how_many(bring: Bring, unit: str, language: str) -> str:
    """Say it behind the name: "2 × …, je Person" was read as two for each of them."""
    _ = translations(language).gettext
    if bring.required:
        total = (
            _("je %(unit)s einmal, zusammen %(num)d") if unit else _("je Person oder Stück einmal, zusammen %(num)d")
        )
        return total % {"unit": unit, "num": bring.count}
    return _("je %(unit)s einmal") % {"unit": unit} if unit else _("je Person oder Stück einmal")


def paying(ways: Iterable[str], language: str) -> str:
    """Name ways to pay: ``bar, Girocard``."""
    _ = translations(language).gettext
    words = {
        "cash": _("bar"),
        "girocard": _("Girocard"),
        "credit_card": _("Kreditkarte"),
        "paypal": _("PayPal"),
        "invoice": _("Rechnung"),
    }
    return LANGUAGES[language].comma.join(words.get(way, way) for way in ways)


def _worded_all(texts: Iterable[Mapping[str, str]], language: str) -> tuple[Worded, ...]:
    return tuple(worded(text, language) for text in texts)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", ":")) else f"{sentence}."
