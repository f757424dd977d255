"""Find concerns and referrals by the words that people use.

Every word of the query has to fit (fill words such as "ich brauche einen" aside). How well a word fits a thing is a
grade: whole words (in any inflection) before beginnings and ends of words ("ausweis" in "Personalausweis") before slips
of one letter before what stands inside a word or only in a description; and names before keywords. A thing is as sure
as its weakest word. Only the surest level that anything reaches is shown, concerns and referrals alike, so that a slip
is forgiven only where nothing is spelled that way; within it the sum of all grades decides, then the catalogue's order.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from booking.rules.catalogue import Concern, Referral
from booking.rules.spelling import ends_in, is_inflected, is_slip, stems, words

LONGEST_QUERY = 100  # characters; more words than fit there find nothing better
LEAST_INSIDE = 4  # letters: "heft" is found inside a word, "per" would be in "super"
LEAST_STEM_INSIDE = 5  # letters of what is left without an ending: "Rente" is not in "parents"
LEAST_SLIP = 5  # letters: of four, one wrong makes another word ("Pass", "Bass")
_FILL = """
    ich wir mein meine meinen meiner meinem unser unsere unseren ein eine einen einer einem der die das den dem des und
    oder fuer zu zum zur im in am an bei mit von vom auf aus nach ist bin sind hat habe haben hab brauche brauchen mich
    mir sich uns lassen machen moechte moechten will wollen muss muessen kann wie wo was wann bitte termin
    i we my our a the to for of and or is are have has need want would like how where do get me us please appointment on
    at with from
"""
FILL = frozenset(_FILL.split())


class Grade(IntEnum):
    """How well one word fits; see the module."""

    NONE = 0
    MENTIONED = 1
    INSIDE = 2
    SLIP = 4
    PART = 6
    WHOLE = 9


NAMED = 1  # what a name adds over a keyword
PHRASE = 4  # what a query adds that is exactly a name or keyword


class Level(IntEnum):
    """How sure a find is."""

    NONE = 0
    PERHAPS = 1
    SLIP = 2
    SURE = 3


class Texts(NamedTuple):
    """The words of everything that is written about a thing."""

    names: Sequence[Sequence[str]]
    keywords: Sequence[Sequence[str]]
    descriptions: Sequence[Sequence[str]]


class Rating(NamedTuple):
    """How sure the weakest word is, and all of them together."""

    level: Level
    sum: int


class Found(NamedTuple):
    """What a query leads to, each the likeliest first; ``elsewhere`` where others do what is meant."""

    concerns: list[Concern]
    referrals: list[Referral]
    elsewhere: bool


def find(concerns: Sequence[Concern], referrals: Sequence[Referral], query: str) -> Found:
    """Return what the query leads to; for an empty one, or one of fill words alone, all concerns and nobody else."""
    asked = [word for word in words(query[:LONGEST_QUERY]) if word not in FILL]
    if not asked:
        return Found(list(concerns), [], elsewhere=False)
    mine = [_rating(asked, _concern_texts(each)) for each in concerns]
    theirs = [_rating(asked, _referral_texts(each)) for each in referrals]
    level = max((rating.level for rating in (*mine, *theirs)), default=Level.NONE)
    ours, others = _best(mine, level), _best(theirs, level)
    return Found(
        [concerns[place] for place in ours],
        [referrals[place] for place in others],
        elsewhere=bool(others) and (not ours or theirs[others[0]].sum > mine[ours[0]].sum),
    )


def _best(ratings: Sequence[Rating], level: Level) -> list[int]:
    """Return the places of all that reach a level, the best first."""
    places = [place for place, rating in enumerate(ratings) if rating.level == level > Level.NONE]
    return sorted(places, key=lambda place: -ratings[place].sum)


def _rating(asked: Sequence[str], texts: Texts) -> Rating:
    graded = [_graded(word, texts) for word in asked]
    is_phrase = any(tuple(asked) == tuple(phrase) for phrase in (*texts.names, *texts.keywords))
    return Rating(
        level=min(_level(grade) for grade, _ in graded),
        sum=sum(grade + extra for grade, extra in graded) + (PHRASE if is_phrase else 0),
    )


def _graded(word: str, texts: Texts) -> tuple[Grade, int]:
    """Return the best grade of a word, and what it gains where that is in a name."""
    named, keyed = _best_grade(word, texts.names), _best_grade(word, texts.keywords)
    if named or keyed:
        return (named, NAMED) if named >= keyed else (keyed, 0)
    described = _best_grade(word, texts.descriptions)
    return (Grade.MENTIONED if described not in {Grade.NONE, Grade.SLIP} else Grade.NONE), 0


def _best_grade(word: str, texts: Sequence[Sequence[str]]) -> Grade:
    return max((_grade(word, each) for text in texts for each in text), default=Grade.NONE)


def _level(grade: Grade) -> Level:
    if grade >= Grade.PART:
        return Level.SURE
    if grade == Grade.SLIP:
        return Level.SLIP
    return Level.PERHAPS if grade else Level.NONE


@lru_cache(maxsize=65536)
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


def _concern_texts(concern: Concern) -> Texts:
    return Texts(_all(concern.name), _keywords(concern.keywords), [*_all(concern.description), *_all(concern.group)])


def _referral_texts(referral: Referral) -> Texts:
    return Texts(_all(referral.name), _keywords(referral.keywords), _all(referral.who))


def _all(text: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [words(wording) for wording in text.values()]


def _keywords(keywords: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    return [words(wording) for several in keywords.values() for wording in several]
