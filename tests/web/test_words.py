"""Dates, times and counted pieces as each language writes them."""

from collections.abc import Callable
from datetime import date, datetime, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g

from booking.rules.languages import LANGUAGES
from booking.web import quantities, words

TUESDAY = datetime(2026, 11, 24, 14, 5, tzinfo=ZoneInfo("Europe/Berlin"))
WRITTEN = [  # tag, a whole moment, a short one, a weekday
    (
        "de",
        "Dienstag, 24. November 2026, 14:05\N{NO-BREAK SPACE}Uhr",
        "Di., 24. Nov., 14:05\N{NO-BREAK SPACE}Uhr",
        "Di",
    ),
    (
        "de-simple",
        "Dienstag, 24. November 2026, 14:05\N{NO-BREAK SPACE}Uhr",
        "Di., 24. Nov., 14:05\N{NO-BREAK SPACE}Uhr",
        "Di",
    ),
    ("en", "Tuesday, 24 November 2026, 14:05", "Tue 24 Nov, 14:05", "Tue"),
    ("uk", "вівторок, 24 листопада 2026\N{NARROW NO-BREAK SPACE}р., 14:05", "вт, 24 лист., 14:05", "вт"),
    ("tr", "24 Kasım 2026 Salı, 14:05", "24 Kas Sal, 14:05", "Sal"),
    ("ru", "вторник, 24 ноября 2026\N{NARROW NO-BREAK SPACE}г., 14:05", "вт, 24 нояб., 14:05", "вт"),
]
PIECES = [  # tag, number, words
    ("de", 1, "1 Person"),
    ("de", 2, "2 Personen"),
    ("en", 3, "3 people"),
    ("uk", 2, "2 документи"),
    ("uk", 5, "5 документів"),
    ("uk", 21, "21 документ"),
    ("tr", 2, "2 × kişi"),
    ("ar", 3, "3 أشخاص"),
    ("ar", 11, "11 شخصًا"),
]
UNIT = {"de": "Person", "en": "person", "uk": "документ", "tr": "kişi", "ar": "شخص"}
UNITS = {
    "de": "Personen",
    "en": "people",
    "uk": {"few": "документи", "many": "документів", "other": "документа"},
    "ar": {"few": "أشخاص", "many": "شخصًا", "other": "شخص"},
}

Speak = Callable[[str], None]


@pytest.fixture
def speak(app: Flask):
    """Return what answers a request in a language, at a town in Berlin."""
    asked = []

    def begin(tag: str) -> None:
        context = app.test_request_context("/", query_string={"lang": tag})
        context.push()
        asked.append(context)
        g.catalogue = SimpleNamespace(zone=ZoneInfo("Europe/Berlin"))

    yield begin
    for context in reversed(asked):
        context.pop()


@pytest.mark.parametrize(("tag", "whole", "short", "day"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_each_language_writes_dates_and_times_in_its_form(
    speak: Speak, tag: str, whole: str, short: str, day: str
) -> None:
    speak(tag)
    assert words.full_moment(TUESDAY) == whole
    assert words.short_moment(TUESDAY) == short
    assert words.weekday(TUESDAY.date()) == day


def test_arabic_has_its_own_comma_and_latin_digits(speak: Speak) -> None:
    speak("ar")
    assert words.full_date(date(2026, 11, 24)) == "الثلاثاء، 24 نوفمبر 2026"
    assert words.full_moment(TUESDAY).startswith("الثلاثاء، 24 نوفمبر 2026، ")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_times_are_on_24_hours_as_on_the_town_hall_s_clock(speak: Speak, tag: str) -> None:
    speak(tag)
    assert "16:30" in words.clock(time(16, 30))


@pytest.mark.parametrize(("tag", "number", "expected"), PIECES)
def test_pieces_are_counted_in_the_plural_of_the_language(speak: Speak, tag: str, number: int, expected: str) -> None:
    speak(tag)
    assert quantities.amount(SimpleNamespace(unit=UNIT, units=UNITS), number) == expected


def test_a_number_stays_in_one_piece_where_words_run_the_other_way(speak: Speak) -> None:
    speak("ar")
    assert words.ltr("05071 809-99") == '<bdi dir="ltr">05071 809-99</bdi>'
    speak("uk")
    assert words.ltr("05071 809-99") == "05071 809-99"


def test_an_amount_and_its_sign_stay_in_one_line(speak: Speak) -> None:
    speak("de")
    fee = {"de": "46,00 € ab 24 Jahren; vorläufiger Ausweis 10,00 €"}
    expected = "46,00\N{NO-BREAK SPACE}€ ab 24 Jahren; vorläufiger Ausweis 10,00\N{NO-BREAK SPACE}€"
    assert (words.say(fee), words.plain(fee)) == (expected, expected)
    speak("en")
    assert expected in words.say(fee)
