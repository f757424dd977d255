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
from booking.rules.spelling import is_inflected, stems, words
from booking.rules.vocabulary import Grade, Vocabulary

LONGEST_QUERY = 100  # characters; more words than fit there find nothing better
MOST_WORDS = 8  # different ones, fill words aside: the first of them say what is meant
LONGEST_WORD = 40  # letters, after one sign has become many: "ﷺ" is eighteen characters in plain letters
_FILL = """
    ich wir mein meine meinen meiner meinem unser unsere unseren ein eine einen einer einem der die das den dem des und
    oder fuer zu zum zur im in am an bei mit von vom auf aus nach ist bin sind hat habe haben hab brauche brauchen mich
    mir sich uns lassen machen moechte moechten will wollen muss muessen kann wie wo was wann bitte termin
    i we my our a the to for of and or is are have has need want would like how where do get me us please appointment on
    at with from
"""
FILL = frozenset(_FILL.split())


NAMED = 1  # what a name adds over a keyword
PHRASE = 4  # what a query adds that is exactly a name or keyword


class Level(IntEnum):
    """How sure a find is."""

    NONE = 0
    PERHAPS = 1
    SLIP = 2
    SURE = 3


class Texts(NamedTuple):
    """The words of everything that is written about a thing; ``phrases`` are its names and keywords word by word."""

    names: frozenset[str]
    keywords: frozenset[str]
    descriptions: frozenset[str]
    phrases: frozenset[tuple[str, ...]]


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
    asked = _asked(query)
    if not asked:
        return Found(list(concerns), [], elsewhere=False)
    ours, others = [_concern_texts(each) for each in concerns], [_referral_texts(each) for each in referrals]
    vocabulary = _vocabulary((*ours, *others))
    grades = [vocabulary.grades(word) for word in asked]
    mine, theirs = ([_rating(asked, grades, texts) for texts in several] for several in (ours, others))
    level = max((rating.level for rating in (*mine, *theirs)), default=Level.NONE)
    likely, elsewhere = _best(mine, level), _best(theirs, level)
    return Found(
        [concerns[place] for place in likely],
        [referrals[place] for place in elsewhere],
        elsewhere=bool(elsewhere) and (not likely or theirs[elsewhere[0]].sum > mine[likely[0]].sum),
    )


def is_begun(concern: Concern, query: str) -> bool:
    """Whether every word of a query begins, or in another inflection is, a word of the concern's name or keywords."""
    texts = _concern_texts(concern)
    written = texts.names | texts.keywords
    return all(
        any(word.startswith(asked) or any(is_inflected(word, stem) for stem in stems(asked)) for word in written)
        for asked in _asked(query)
    )


def _asked(query: str) -> tuple[str, ...]:
    """Return the words that say what is meant; what is looked for is bounded here, whatever was typed."""
    said = (word[:LONGEST_WORD] for word in words(query[:LONGEST_QUERY]) if word not in FILL)
    return tuple(dict.fromkeys(said))[:MOST_WORDS]


def _best(ratings: Sequence[Rating], level: Level) -> list[int]:
    """Return the places of all that reach a level, the best first."""
    places = [place for place, rating in enumerate(ratings) if rating.level == level > Level.NONE]
    return sorted(places, key=lambda place: -ratings[place].sum)


def _rating(asked: tuple[str, ...], grades: Sequence[Mapping[str, Grade]], texts: Texts) -> Rating:
    graded = [_graded(fitting, texts) for fitting in grades]
    return Rating(
        level=min(_level(grade) for grade, _ in graded),
        sum=sum(grade + extra for grade, extra in graded) + (PHRASE if asked in texts.phrases else 0),
    )


def _graded(fitting: Mapping[str, Grade], texts: Texts) -> tuple[Grade, int]:
    """Return the best grade of a word, and what it gains where that is in a name."""
    named, keyed = _best_grade(fitting, texts.names), _best_grade(fitting, texts.keywords)
    if named or keyed:
        return (named, NAMED) if named >= keyed else (keyed, 0)
    described = _best_grade(fitting, texts.descriptions)
    return (Grade.MENTIONED if described not in {Grade.NONE, Grade.SLIP} else Grade.NONE), 0


def _best_grade(fitting: Mapping[str, Grade], text: frozenset[str]) -> Grade:
    return max((fitting[word] for word in fitting.keys() & text), default=Grade.NONE)


def _level(grade: Grade) -> Level:
    if grade >= Grade.PART:
        return Level.SURE
    if grade == Grade.SLIP:
        return Level.SLIP
    return Level.PERHAPS if grade else Level.NONE


def _concern_texts(concern: Concern) -> Texts:
    descriptions = (*concern.description.values(), *concern.group.values())
    return _texts(tuple(concern.name.values()), _flat(concern.keywords), descriptions)


def _referral_texts(referral: Referral) -> Texts:
    return _texts(tuple(referral.name.values()), _flat(referral.keywords), tuple(referral.who.values()))


def _flat(keywords: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    return tuple(wording for several in keywords.values() for wording in several)


@lru_cache(maxsize=4096)
def _texts(names: tuple[str, ...], keywords: tuple[str, ...], descriptions: tuple[str, ...]) -> Texts:
    phrases = frozenset(words(wording) for wording in (*names, *keywords))
    return Texts(_words(names), _words(keywords), _words(descriptions), phrases)


def _words(wordings: Iterable[str]) -> frozenset[str]:
    return frozenset(word for wording in wordings for word in words(wording))


@lru_cache(maxsize=256)
def _vocabulary(things: tuple[Texts, ...]) -> Vocabulary:
    return Vocabulary(word for texts in things for part in texts[:3] for word in part)
