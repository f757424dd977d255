"""The languages that we speak: one table of what each is called by its readers, by browsers, by gettext and by CLDR."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from booking.rules.texts import FALLBACK


class Language(NamedTuple):
    """One language.

    ``name`` is what its readers call it, ``gettext`` its folder in ``booking/translations``, ``cldr`` the locale in
    which dates are written for people here: British English, because American English puts the month first; ``ar``
    (the world, not one country) has Latin digits, which the officials at the counter can read too.
    """

    name: str
    gettext: str
    cldr: str
    is_right_to_left: bool = False
    comma: str = ", "


# BCP 47 → everything else, in the order in which they stand on the pages. gettext writes variants with an ``@``, and
# Babel takes ``de_simple`` silently for ``de`` (it drops what it does not know): nothing else may make these names.
LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        "de": Language("Deutsch", "de", "de"),
        "de-simple": Language("Einfache Sprache", "de@simple", "de"),
        "en": Language("English", "en", "en_GB"),
        "uk": Language("Українська", "uk", "uk"),
        "tr": Language("Türkçe", "tr", "tr"),
        "ar": Language("العربية", "ar", "ar", is_right_to_left=True, comma="، "),
        "ru": Language("Русский", "ru", "ru"),
    }
)


def spoken(language: str) -> str:
    """Return the language that we answer this BCP 47 tag in: itself, its base, or German."""
    for candidate in (language, base(language)):
        if candidate in LANGUAGES:
            return candidate
    return FALLBACK


def base(language: str) -> str:
    """Return the language without its variant or region: ``de-simple`` is German to a screen reader."""
    return language.partition("-")[0]


def direction(language: str) -> str:
    """Return the writing direction as HTML's ``dir`` names it."""
    return "rtl" if LANGUAGES[spoken(language)].is_right_to_left else "ltr"
