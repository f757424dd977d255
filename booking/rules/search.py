"""Find concerns and referrals by the words that people use."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from booking.rules.catalogue import Concern, Referral

T = TypeVar("T")
LONGEST_QUERY = 100  # characters; more words than fit there find nothing better
PHRASE, NAME, KEYWORD, DESCRIPTION = 4, 3, 2, 1


def find_concerns(concerns: Sequence[Concern], query: str) -> list[Concern]:
    """Return the concerns that all words of the query lead to, the likeliest first; all of them for an empty one."""
    return _ranked(
        concerns,
        query,
        lambda concern: (
            (NAME, concern.name.values()),
            (KEYWORD, _flat(concern.keywords)),
            (DESCRIPTION, [*concern.description.values(), *concern.group.values()]),
        ),
    )


def find_referrals(referrals: Sequence[Referral], query: str) -> list[Referral]:
    """Return who else does what the query asks for; nobody for an empty one."""
    if not _words(query):
        return []
    return _ranked(referrals, query, lambda referral: ((KEYWORD, _flat(referral.keywords)),))


def _ranked(things: Sequence[T], query: str, fields: Callable[[T], Iterable[tuple[int, Iterable[str]]]]) -> list[T]:
    asked = _words(query[:LONGEST_QUERY])
    if not asked:
        return list(things)
    scores = [(_score(asked, fields(thing)), thing) for thing in things]
    return [thing for score, thing in sorted(scores, key=lambda scored: -scored[0]) if score]


def _score(asked: Sequence[str], fields: Iterable[tuple[int, Iterable[str]]]) -> int:
    """Rate a thing: 0 unless every asked word begins (or, with four letters, is part of) one of its words."""
    texts = [(weight, _words(text)) for weight, wording in fields for text in wording]
    best = [max((weight for weight, words in texts if _has(words, word)), default=0) for word in asked]
    if not all(best):
        return 0
    return sum(best) + (PHRASE if any(list(asked) == words for _, words in texts) else 0)


def _has(words: Iterable[str], asked: str) -> bool:
    inside = len(asked) >= 4  # noqa: PLR2004 - "ausweis" finds "Personalausweis", "per" not "super"
    return any(word.startswith(asked) or (inside and asked in word) for word in words)


def _words(text: str) -> list[str]:
    """Split into words without case, accents and the choice between ``ä`` and ``ae``, ``ß`` and ``ss``."""
    folded = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    plain = unicodedata.normalize("NFKD", folded)
    spaced = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return spaced.split()


def _flat(keywords: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [word for words in keywords.values() for word in words]
