"""What we say is translated: in every language and domain nothing is missing or left over, each has its values."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from booking.rules.languages import LANGUAGES
from tests.translating import COMPLETE

ROOT = Path(__file__).parents[2]
VALUE = re.compile(r"%\((\w+)\)[sd]")
SOURCES = {"messages": "babel.cfg", "letters": "babel-letters.cfg"}  # the German text is the msgid
KEYED = ("refusals", "reasons")  # a code is the msgid, and German is a translation like any other
MOST_ALIKE = 2  # words: "Girocard", "PayPal", "E-Mail:" are the same in several languages
FILES = [(language, domain) for language in COMPLETE for domain in (*SOURCES, *KEYED)]


@cache
def source(domain: str) -> Catalog:
    """What the programs and templates say in a domain: msgid and values in German."""
    if domain in KEYED:
        return translated("de", domain)
    with (ROOT / SOURCES[domain]).open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for _, _, message, _, _ in extract_from_dir(ROOT, methods, options, directory_filter=_is_ours):
        found.add(message)
    return found


def _is_ours(folder: str) -> bool:
    return Path(folder).relative_to(ROOT).parts[0] in {"booking", "templates"}


@cache
def translated(language: str, domain: str) -> Catalog:
    with (ROOT / f"booking/translations/{language}/LC_MESSAGES/{domain}.po").open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str, domain: str) -> None:
    theirs = translated(language, domain)
    assert _ids(theirs) - _ids(source(domain)) == set()
    assert _ids(source(domain)) - _ids(theirs) == set()
    assert [message.id for message in _sentences(theirs) if not all(_forms(message.string))] == []
    assert [message.id for message in _sentences(theirs) if message.fuzzy] == []
    assert not theirs.obsolete


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_a_translation_carries_the_same_values(language: str, domain: str) -> None:
    """Only a form for exactly one or two may leave the number out: Arabic says ``دقيقتان``, the dual, without it."""
    wrong = []
    known = [message for message in _sentences(translated(language, domain)) if message.id in source(domain)]
    for message in known:
        said = source(domain)[message.id]
        wanted = _values(_forms(said.string if domain in KEYED else said.id)[-1])
        *few, last = _forms(message.string)
        wrong += [form for form in few if _values(form) not in (wanted, wanted - {"num"})]
        wrong += [last] if _values(last) != wanted else []
    assert wrong == []


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_plurals_have_the_forms_that_their_language_counts_in(language: str, domain: str) -> None:
    theirs = translated(language, domain)
    counted = [message for message in _sentences(theirs) if message.pluralizable]
    assert [message.id for message in counted if len(_forms(message.string)) != theirs.num_plurals] == []
    if counted:
        assert theirs.num_plurals == get_plural(Locale.parse(language)).num_plurals


@pytest.mark.parametrize(("language", "domain"), FILES)
def test_a_file_says_which_language_it_is_in(language: str, domain: str) -> None:
    with (ROOT / f"booking/translations/{language}/LC_MESSAGES/{domain}.po").open() as file:
        assert f'"Language: {language}\\n"' in file.read()


@pytest.mark.parametrize(("language", "domain"), [(tag, domain) for tag, domain in FILES if tag != "de@simple"])
def test_no_sentence_was_left_in_german(language: str, domain: str) -> None:
    copied = []
    for message in _sentences(translated(language, domain)):
        said = source(domain)[message.id]
        german = _forms(said.string if domain in KEYED else said.id)
        copied += [
            form for form in _forms(message.string) if form in german and len(VALUE.sub("", form).split()) > MOST_ALIKE
        ]
    assert copied == []


def test_no_language_is_forgotten() -> None:
    folders = {folder.name for folder in (ROOT / "booking" / "translations").iterdir() if folder.is_dir()}
    assert folders <= {language.gettext for language in LANGUAGES.values()}
    assert {"de", *COMPLETE} <= folders


def _sentences(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _ids(catalog: Catalog) -> set[str | tuple[str, ...]]:
    return {tuple(_forms(message.id)) for message in _sentences(catalog)}


def _values(sentence: str) -> set[str]:
    return set(VALUE.findall(sentence))


def _forms(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)
