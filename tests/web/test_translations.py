"""The words on the pages are translated: none is missing, none is left over, each has its values."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
VALUE = re.compile(r"%\((\w+)\)[sd]")


def on_the_pages() -> Catalog:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for _, _, message, _, _ in extract_from_dir(ROOT, methods, options):
        found.add(message)
    return found


def translated(language: str) -> Catalog:
    with (ROOT / f"booking/translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", ["en"])
def test_every_word_is_translated_and_none_is_left_over(language):
    theirs = translated(language)
    ours = {message.id for message in on_the_pages() if message.id}
    assert {message.id for message in theirs if message.id} == ours
    assert [message.id for message in theirs if not all(_forms(message.string))] == []
    assert [message.id for message in theirs if message.fuzzy and message.id] == []
    assert not theirs.obsolete


@pytest.mark.parametrize("language", ["en"])
def test_a_translation_carries_the_same_values(language):
    for message in translated(language):
        if message.id:
            wanted = set(VALUE.findall(_forms(message.id)[-1]))
            assert [form for form in _forms(message.string) if set(VALUE.findall(form)) != wanted] == []


def _forms(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)
