"""What YAML a catalogue may be, and that nothing else brings more than a sentence."""

import json
import random
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from booking.catalogue.reading import MAX_BYTES, read_document
from tests.budgets import examples
from tests.catalogue.samples import SCHWARMSTEDT, SMALL, faults_of

UNMEASURED = pytest.mark.no_cover  # tracing would double what reading YAML costs; the tables walk the same lines

SCALARS = [
    ("a word that YAML 1.1 takes for false", "no", "no"),
    ("a word that YAML 1.1 takes for true", "on", "on"),
    ("a time that YAML 1.1 takes for 420", "07:00", "07:00"),
    ("a date", "2026-12-05", "2026-12-05"),
    ("truth", "true", True),
    ("untruth", "False", False),
    ("nothing", "~", None),
    ("nothing at all", "", None),
    ("a whole number", "42", 42),
    ("a number that begins with nought", "007", 7),
    ("a sum", "12.80", 12.8),
    ("a number beyond all sense", "9" * 400, "9" * 400),
    ("a number with an exponent", "1e999", "1e999"),
    ("no number", ".nan", ".nan"),
    ("a quoted number", '"42"', "42"),
    ("a folded text", ">\n  one\n  two\n", "one two"),
    ("a text with its own lines", "|\n  one\n  two\n", "one\ntwo"),
]


@pytest.mark.parametrize(("reason", "written", "read"), SCALARS, ids=[row[0] for row in SCALARS])
def test_plain_words_mean_what_yaml_1_2_says(reason: str, written: str, read: object) -> None:
    data = read_document(f"a: {written}").data
    assert data == {"a": read}, reason
    assert isinstance(data, dict)
    assert type(data["a"]) is type(read), reason


UNREADABLE = [
    ("a syntax error", "a: [1\nb: 2", ["2:2: This is not YAML: expected ',' or ']', but got ':'."]),
    ("a tab that indents", "a:\n\t- 1", ["2:1: This is not YAML: found character '\\t' that cannot start any token."]),
    ("a text without its end", 'a: "b', ["1:6: This is not YAML: found unexpected end of stream."]),
    ("a sign that cannot be", 'a: "\\UFFFFFFFF"', ["1:1: This is not YAML: what follows this place is broken."]),
    ("a second document", "a: 1\n---\nb: 2", ["2:1: A second document begins here (---); a catalogue is one."]),
    ("a list for a key", "? [a]\n: 1", ["1:3: A key must be a plain word."]),
    ("an alias for a key", "a: &a 1\n*a : 2", [
        "1:4: Anchors (&) and aliases (*) are not allowed; write it out.",
        "2:1: A key must be a plain word.",
        "2:1: Anchors (&) and aliases (*) are not allowed; write it out.",
    ]),
    ("too deep", "[" * 100_000, ["1:13: Nested more than 12 deep."]),
    ("too deep in maps", "{a: " * 100_000, ["1:49: Nested more than 12 deep."]),
    ("too many entries", "- a\n" * 70_000, ["60000:3: More than 60000 entries."]),
    ("too large", b"a" * 10_000_000, ["1:1: The file is larger than 2 MB."]),
    ("another encoding", "a: b\nä: Bürger".encode("latin-1"), ["2:1: The file is not text in UTF-8."]),
    ("a picture", b"\x89PNG\r\n\x1a\n", ["1:1: The file is not text in UTF-8."]),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "content", "expected"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_what_cannot_be_read_is_refused_at_its_place(reason: str, content: bytes | str, expected: list[str]) -> None:
    assert [str(fault) for fault in faults_of(content)] == expected, reason


REFUSED = [
    ("a bomb of aliases", "a: &a [1]\nb: *a\n", [
        "1:4: Anchors (&) and aliases (*) are not allowed; write it out.",
        "2:4: Anchors (&) and aliases (*) are not allowed; write it out.",
    ]),
    ("a tag that would run code", "a: !!python/object:os.system 1", ["1:4: Tags (!) are not allowed."]),
    ("keys that stand twice", "a: 1\na: 2\nb:\n  c: 1\n  c: 2", [
        '2:1: The key "a" stands twice; first on line 1.',
        '5:3: The key "c" stands twice; first on line 4.',
    ]),
    ("control characters", "a: \x00\nb: \x1b[31m", [
        "1:4: Control character U+0000; delete it.",
        "2:4: Control character U+001B; delete it.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "content", "expected"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_yaml_can_do_and_a_catalogue_must_not(reason: str, content: str, expected: list[str]) -> None:
    assert [str(fault) for fault in read_document(content).faults] == expected, reason
    assert set(read_document(content).faults) <= set(faults_of(content))


def test_a_thousand_control_characters_are_not_a_thousand_sentences() -> None:
    assert len(read_document("a: " + "\x01" * 1000).faults) == 100


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    assert faults_of(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()) == ()
    assert faults_of("\ufeff" + SMALL) == ()


def test_an_empty_file_says_what_is_missing() -> None:
    assert [str(fault) for fault in faults_of("")] == ["1:1: This must be a map, not nothing."]


@UNMEASURED
@pytest.mark.long
def test_the_largest_file_is_read_within_seconds() -> None:
    began = time.process_time()
    faults_of("a: " + "x " * (MAX_BYTES // 2 - 10))
    assert time.process_time() - began < 60


def mutated(seed: int) -> str:
    """Replace, delete or double some pieces of the real file, as tired fingers do."""
    dice = random.Random(seed)
    lines = SCHWARMSTEDT.splitlines(keepends=True)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(lines))
        line = lines[at]
        spot = dice.randrange(len(line))
        lines[at] = dice.choice(
            [
                "",
                line * 2,
                line[:spot] + dice.choice("\"'[]{}:,-#&*!|>%@`?~ \t\n0aä€\x00\ud800") + line[spot:],
                line[:spot] + line[spot + 1 :],
                " " * dice.randint(1, 3) + line,
                line.lstrip(),
                lines[dice.randrange(len(lines))],
                line.replace(":", ": [" if dice.random() < 0.5 else ": 7 #"),
            ]
        )
    return "".join(lines)


@UNMEASURED
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_whatever_happens_to_the_real_file_the_answer_is_faults_or_success(seed: int) -> None:
    text = mutated(seed)
    for fault in faults_of(text):
        assert 0 < fault.line <= text.count("\n") + 2
        assert fault.column > 0
        assert str(fault).isprintable()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(0, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "de", "x"]), inner),
    max_leaves=8,
)


@UNMEASURED
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_answered_with_faults_or_success(data: st.DataObject) -> None:
    document = read_document(SMALL)
    path = data.draw(st.sampled_from(sorted(document.values, key=str)))
    value = data.draw(values)
    whole: Any = {"top": document.data}
    steps = ("top", *path)
    holder = whole
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
    faults_of(json.dumps(whole["top"]))  # JSON is YAML


@UNMEASURED
@settings(max_examples=examples(200), deadline=None)
@example("%YAML 9.9\n---\na: 1")
@given(st.text(st.sampled_from("ab:-[]{}\"'&*!|>%#?,\\ \n\tüx0"), max_size=40) | st.text(max_size=40))
def test_any_text_at_all_is_answered_with_faults(text: str) -> None:
    assert faults_of(text)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_at_all_are_answered_with_faults(content: bytes) -> None:
    assert faults_of(content)
