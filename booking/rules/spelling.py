"""How people write a word: without its umlauts, in any inflection, with a slip of the finger."""

import unicodedata
from functools import lru_cache

LEAST_STEM = 4  # letters that an inflection leaves
# What people type for one another: umlauts as two letters, Turkish ``i`` on a German keyboard, Arabic ``ه`` and ``ي``,
# and an apostrophe, part of Ukrainian words, as any of three signs or not at all.
ALIKE = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ı": "i", "ة": "ه", "ى": "ي", "'": "", "’": "", "ʼ": ""})
_INFLECTIONS = "e n s t d en er es em et te st se ed ern ens ten sen est ung ing ungen innen"
_PLURALS = "e n s en er es se"
ENDINGS = frozenset(["", *_INFLECTIONS.split()])
PLURALS = frozenset(["", *_PLURALS.split()])  # what the end of a compound may carry: "Führungszeugnisse"
APART = ("ab", "an", "auf", "aus", "ein", "mit", "nach", "um", "weg", "zu", "")  # "an-ge-meldet", "um-zu-melden"


@lru_cache(maxsize=16384)
def words(text: str) -> tuple[str, ...]:
    """Split into words without case, accents and the choice between ``ä`` and ``ae``, ``ß`` and ``ss``; see ALIKE."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(ALIKE))
    spaced = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return tuple(spaced.split())


@lru_cache(maxsize=1024)
def stems(word: str) -> tuple[str, ...]:
    """Return what may be left of a word without its ending, its umlauts ("Pässe"), and ``ge`` and ``zu`` of verbs."""
    plain = {word, word.replace("ae", "a").replace("oe", "o").replace("ue", "u")}
    for prefix in APART:
        for infix in ("ge", "zu"):
            if word.startswith(prefix + infix):
                plain.add(prefix + word[len(prefix + infix) :])
    trimmed = {each.removesuffix(ending) for each in plain for ending in ENDINGS}
    return tuple(stem for stem in trimmed if len(stem) >= LEAST_STEM)


def is_inflected(word: str, stem: str) -> bool:
    """Whether a word is a stem with an ending."""
    return word.startswith(stem) and word[len(stem) :] in ENDINGS


def ends_in(word: str, stem: str) -> bool:
    """Whether a stem is the last part of a compound: "zeugnis" of "Führungszeugnisse"."""
    place = word.rfind(stem)
    return place > 0 and word[place + len(stem) :] in PLURALS


def is_slip(one: str, other: str) -> bool:
    """Whether one wrong, missing or added letter, or two swapped ones, make a word of the other."""
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    start = min(len(one), len(other)) if start is None else start
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == len(other) == 2 and one == other[::-1])  # noqa: PLR2004
