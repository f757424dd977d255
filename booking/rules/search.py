"""Find concerns and referrals by the words that people use."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from booking.rules.catalogue import Concern, Referral

T = TypeVar("T")
LONGEST_QUERY = 100  # characters; more words than fit there find nothing better
PHRASE, NAME, KEYWORD, DESCRIPTION = 4, 3, 2, 1
# What people type for one another: umlauts as two letters, Turkish ``i`` on a German keyboard, Arabic ``ه`` and ``ي``,
# and an apostrophe, part of Ukrainian words, as any of three signs or not at all.
ALIKE = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ı": "i", "ة": "ه", "ى": "ي", "'": "", "’": "", "ʼ": ""})


class Rating(NamedTuple):
    """How well a thing answers: by its weakest word (0: not at all), and by all of them together."""

    weakest: int
    sum: int


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
    rated = sorted(((_rating(asked, fields(thing)), place) for place, thing in enumerate(things)), key=_best_first)
    best = rated[0][0].weakest if rated else 0
    needed = min(best, KEYWORD)  # what only a description mentions is shown where nothing better is found
    return [things[place] for rating, place in rated if rating.weakest >= max(needed, 1)]


def _rating(asked: Sequence[str], fields: Iterable[tuple[int, Iterable[str]]]) -> Rating:
    """Rate a thing by how its words begin with each asked word (or, from four letters on, contain it)."""
    texts = [(weight, _words(text)) for weight, wording in fields for text in wording]
    best = [max((weight for weight, words in texts if _has(words, word)), default=0) for word in asked]
    is_phrase = any(list(asked) == words for _, words in texts)
    return Rating(weakest=min(best), sum=sum(best) + (PHRASE if is_phrase else 0))


def _best_first(rated: tuple[Rating, int]) -> tuple[int, int, int]:
    rating, place = rated
    return -min(rating.weakest, KEYWORD), -rating.sum, place


def _has(words: Iterable[str], asked: str) -> bool:
    inside = len(asked) >= 4  # noqa: PLR2004 - "ausweis" finds "Personalausweis", "per" not "super"
    return any(word.startswith(asked) or (inside and asked in word) for word in words)


def _words(text: str) -> list[str]:
    """Split into words without case, accents and the choice between ``ä`` and ``ae``, ``ß`` and ``ss``; see ALIKE."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(ALIKE))
    spaced = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return spaced.split()


def _flat(keywords: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [word for words in keywords.values() for word in words]
