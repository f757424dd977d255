"""Einfache Sprache is a language of its own: other sentences than in German, and short ones (DIN 8581-1)."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"[^.!?:]+")
WORD = re.compile(r"\w[\w@%().-]*")
MOST_WORDS = 12  # in a sentence; ordinary German has 15 to 20
DIFFERING = 0.9  # the share of the sentences that are said in another way; the rest is plain already


def said(domain: str) -> list[tuple[str, str]]:
    """Return (German, Einfache Sprache) for every text of a domain, each plural by its last form."""
    found = []
    german = {}
    if domain in {"refusals", "reasons"}:
        with (ROOT / f"booking/translations/de/LC_MESSAGES/{domain}.po").open("rb") as file:
            german = {message.id: message.string for message in read_po(file)}
    with (ROOT / f"booking/translations/de@simple/LC_MESSAGES/{domain}.po").open("rb") as file:
        for message in read_po(file):
            if message.id:
                ordinary = german.get(message.id, message.id) if german else message.id
                found.append((_last(ordinary), _last(message.string)))
    return found


def _last(words: str | tuple[str, ...] | list[str]) -> str:
    return words if isinstance(words, str) else words[-1]


@pytest.mark.parametrize("domain", ["messages", "letters", "refusals", "reasons"])
def test_nine_of_ten_sentences_are_said_in_another_way(domain: str) -> None:
    sentences = [(german, simple) for german, simple in said(domain) if german.endswith((".", "?", "!"))]
    same = [german for german, simple in sentences if german == simple]
    assert len(same) <= (1 - DIFFERING) * len(sentences), same


@pytest.mark.parametrize("domain", ["messages", "letters", "refusals", "reasons"])
def test_no_sentence_is_long(domain: str) -> None:
    sentences = [part for _, simple in said(domain) for part in SENTENCE.findall(simple)]
    assert [part for part in sentences if len(WORD.findall(part)) > MOST_WORDS] == []


def test_a_page_in_einfache_sprache_says_so_and_says_it_simply(app, client) -> None:
    ordinary, simple = (client.get("/", query_string={"lang": tag}).text for tag in ("de", "de-simple"))
    assert '<html lang="de-simple" dir="ltr">' in simple
    heading = re.compile(r"<h1[^>]*>([^<]+)</h1>")
    assert heading.search(ordinary)[1] != heading.search(simple)[1]
