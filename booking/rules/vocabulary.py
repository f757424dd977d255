"""How well a word that somebody typed fits each word of a catalogue.

A word of the query costs what it finds, not what the catalogue holds: most words of a catalogue are ruled out without
being compared letter by letter, because anybody may search, with any hundred characters, as often as they like.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache

from booking.rules.spelling import ends_in, is_inflected, is_slip, stems

LEAST_INSIDE = 4  # letters: "heft" is found inside a word, "per" would be in "super"
LEAST_STEM_INSIDE = 5  # letters of what is left without an ending: "Rente" is not in "parents"
LEAST_SLIP = 5  # letters: of four, one wrong makes another word ("Pass", "Bass")


class Grade(IntEnum):
    """How well one word fits."""

    NONE = 0
    MENTIONED = 1
    INSIDE = 2
    SLIP = 4
    PART = 6
    WHOLE = 9


class Vocabulary:
    """The distinct words of what can be found, laid out for the search; made once per revision of a catalogue."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(sorted(set(words)))
        self._text = "\n".join(self._words)
        self._by_length: dict[int, list[str]] = {}
        for word in self._words:
            self._by_length.setdefault(len(word), []).append(word)

    def grades(self, asked: str) -> Mapping[str, Grade]:
        """Return every word that the asked one fits, with how well it does."""
        graded = {word: _grade(asked, word) for word in (*self._with_its_letters(asked), *self._slips(asked))}
        return {word: grade for word, grade in graded.items() if grade}

    def _with_its_letters(self, asked: str) -> list[str]:
        """Return the words that hold the asked one or what is left of it without its ending."""
        live = [part for part in {asked, *stems(asked)} if part in self._text]
        return [word for word in self._words if any(part in word for part in live)] if live else []

    def _slips(self, asked: str) -> list[str]:
        """Return the words that may be a slip away: one spoils two neighbouring letters at most, and so not both ends.

        Counted so that an end is left that is long enough to tell: of "ausweis" always "au" or "is".
        """
        if len(asked) < LEAST_SLIP:
            return []
        half = (len(asked) - 2) // 2
        start, end = asked[:half], asked[-half:]
        near = (word for size in (-1, 0, 1) for word in self._by_length.get(len(asked) + size, ()))
        return [word for word in near if word.startswith(start) or word.endswith(end)]


@lru_cache(maxsize=16384)
def _grade(asked: str, word: str) -> Grade:
    if word == asked or any(is_inflected(word, stem) for stem in stems(asked)):
        return Grade.WHOLE
    inside = [stem for stem in stems(asked) if len(stem) >= LEAST_STEM_INSIDE]
    inside += [asked] if len(asked) >= LEAST_INSIDE else []
    if word.startswith(asked) or any(ends_in(word, stem) for stem in inside):
        return Grade.PART
    if len(asked) >= LEAST_SLIP and is_slip(asked, word):
        return Grade.SLIP
    return Grade.INSIDE if any(stem in word for stem in inside) else Grade.NONE
