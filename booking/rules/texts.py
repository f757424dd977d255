"""Texts in several languages: a map from language tag to string, with German as the fallback."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Text = Mapping[str, str]
FALLBACK = "de"
AMOUNT = re.compile(r"(?<=\d) €")
BRACKETS = re.compile(r"\s*\([^()]*\)")


class Worded(NamedTuple):
    """A text in one language, with the language that it really is in (for ``lang`` attributes)."""

    text: str
    language: str


def worded(text: Text, language: str) -> Worded:
    """Choose the wording for a BCP 47 language tag: itself, its base language, German, whatever there is."""
    for candidate in (language, language.split("-", maxsplit=1)[0], FALLBACK, *text):
        if text.get(candidate):
            return Worded(text[candidate], candidate)
    return Worded("", language)


def nearest_language(wanted: str, offered: Sequence[str]) -> str:
    """Choose among a municipality's languages: the one wanted, its base language, else the first."""
    for candidate in (wanted, wanted.split("-", maxsplit=1)[0]):
        if candidate in offered:
            return candidate
    return offered[0]


def unbroken(words: str) -> str:
    """Keep an amount and its sign in one line: ``10,00 €``."""
    return AMOUNT.sub("\N{NO-BREAK SPACE}€", words)


def unbracketed(name: str) -> str:
    """Return a name as one says it: without what stands in brackets."""
    return BRACKETS.sub("", name)


def word(text: Text, language: str) -> str:
    """Return the wording alone; see ``worded``."""
    return worded(text, language).text
