"""Anybody may search, with any hundred characters: what that costs is bounded, whatever they are."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from booking.rules import vocabulary
from booking.rules.search import FILL, LONGEST_WORD, MOST_WORDS, find
from booking.rules.spelling import is_slip, words
from booking.rules.vocabulary import Grade, Vocabulary

CATALOGUE = Path(__file__).parents[2] / "config/catalogues/schwarmstedt.yaml"
LETTERS = st.text("aeinst", min_size=5, max_size=9)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every pair of words that is compared letter by letter."""
    pairs: list[tuple[str, str]] = []
    grade = vocabulary._grade.__wrapped__

    def note(asked: str, word: str) -> Grade:
        pairs.append((asked, word))
        return grade(asked, word)

    monkeypatch.setattr(vocabulary, "_grade", note)
    return pairs


@pytest.fixture(scope="module")
def concerns() -> Any:
    texts = ("name", "group", "keywords", "description")
    facts = YAML(typ="safe").load(CATALOGUE)["concerns"]
    return [SimpleNamespace(id=each["id"], **{text: each.get(text, {}) for text in texts}) for each in facts]


@pytest.mark.parametrize("query", ["qxjzv wkyqu vvzbx jqqip " * 4, "\ufdfa" * 100, "ausweis" * 14, "ab " * 33])
def test_what_fits_nothing_is_compared_with_hardly_anything(concerns, compared, query):
    find(concerns, [], query)
    assert len(compared) < 200


@pytest.mark.parametrize("query", [" ".join("bcdfghjklmnpqrst"), "\ufdfa" * 100, "ﷺ a b c d e f g h", "a" * 100])
def test_only_a_few_words_of_bounded_length_are_looked_for(concerns, monkeypatch, query):
    asked: list[str] = []
    monkeypatch.setattr(Vocabulary, "grades", lambda _self, word: asked.append(word) or {})
    find(concerns, [], query)
    assert 0 < len(asked) <= MOST_WORDS
    assert max(map(len, asked)) <= LONGEST_WORD


def test_a_word_said_twice_counts_once(concerns):
    assert find(concerns, [], "Perso Perso Perso") == find(concerns, [], "Perso")


def test_no_fill_word_takes_the_place_of_one_that_says_something(concerns):
    assert find(concerns, [], " ".join(sorted(FILL, key=len)[:20]) + " Perso").concerns[0].id == "personalausweis"


@given(asked=LETTERS, word=LETTERS)
def test_no_slip_is_ruled_out_before_it_is_compared(asked, word):
    assert not is_slip(asked, word) or Vocabulary([word]).grades(asked)


@given(word=LETTERS, place=st.integers(0, 8), kind=st.sampled_from(["wrong", "missing", "added", "swapped"]))
def test_every_slip_of_one_letter_finds_its_word(word, place, kind):
    place %= len(word)
    rest = word[place + 1 :]
    asked = (
        word[:place]
        + {
            "wrong": "x" + rest,
            "missing": rest,
            "added": "x" + word[place:],
            "swapped": rest[:1] + word[place] + rest[1:],
        }[kind]
    )
    assert len(asked) < vocabulary.LEAST_SLIP or words(word)[0] in Vocabulary([word]).grades(asked)
