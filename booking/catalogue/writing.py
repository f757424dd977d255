"""A plain document → YAML text that a town clerk can read: short things on one line, long texts folded."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

WIDTH = 116
"""Columns that a written line may have."""
LONG = 8
"""Lines of an entry from which on a blank line helps to find the next."""

# What needs no quotes: a letter first, and none of the signs that YAML gives a meaning; also dates, addresses, links.
_PLAIN = re.compile(
    r"[^\W\d_§](?:[\w .;()/§€–’'&+-]*[\w.;)€])?|§[\w .§]*\w|\d{4}-\d\d-\d\d|https://[\w./-]+|[\w.-]+@[\w.-]+"
)
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that some YAML reader takes for something other than text (YAML 1.1 still lives in editors)."""


def write_yaml(document: Mapping[str, object]) -> str:
    """The document as YAML; reading it again gives an equal document.

    Keys keep their order and each section gets a blank line before it. The values are what JSON knows, and Decimals.
    """
    return "\n".join(f"{_section(key, value)}\n" for key, value in document.items())


def _section(key: str, value: object) -> str:
    """A top-level key; where its entries are long, with a blank line between them."""
    if not isinstance(value, list) or not value:
        return "\n".join(_entry(key, value, 0))
    items = ["\n".join(_items([item], 2)) for item in value]
    apart = "\n\n" if any(item.count("\n") >= LONG for item in items) else "\n"
    return f"{_scalar(key)}:\n" + apart.join(items)


def _entry(key: str, value: object, indent: int) -> list[str]:
    """`key: value`, on one line where it fits."""
    head = f"{' ' * indent}{_scalar(key)}:"
    if isinstance(value, str):
        line = f"{head} {_line(value)}"
        return [f"{head} >-", *_folded(value, indent + 2)] if len(line) > WIDTH and _folds(value) else [line]
    line = f"{head} {_flow(value)}"
    if (_is_short(value) and len(line) <= WIDTH) or not value:
        return [line]
    return [head, *_block(value, indent + 2)]


def _block(value: object, indent: int) -> list[str]:
    """The lines of a map or list that does not fit on one."""
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _entry(str(key), inner, indent)]
    return list(_items(value, indent)) if isinstance(value, list) else [f"{' ' * indent}{_flow(value)}"]


def _items(values: Sequence[object], indent: int) -> Iterator[str]:
    for value in values:
        line = f"{' ' * indent}- {_flow(value)}"
        if not isinstance(value, Mapping | list) or not value or (_is_short(value) and len(line) <= WIDTH):
            yield line
            continue
        first, *rest = _block(value, indent + 2)
        yield f"{' ' * indent}- {first.lstrip()}"
        yield from rest


def _is_short(value: object) -> bool:
    """Flow style reads well for a map or list of plain things, and for a map that holds such maps (texts)."""
    if isinstance(value, Mapping):
        return all(_depth(inner) <= 1 for inner in value.values())
    return not isinstance(value, list) or all(_depth(inner) == 0 for inner in value)


def _depth(value: object) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_depth(inner) for inner in value.values()), default=0)
    return 1 + max((_depth(inner) for inner in value), default=0) if isinstance(value, list) else 0


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float | Decimal):
        return f"{value:.2f}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT else _quoted(text)


def _line(text: str) -> str:
    """Outside {…} and […] a comma and a question mark need no quotes either."""
    return text if _scalar(re.sub(r"[,?!%]+(?= |$)", ".", text))[0] != '"' else _quoted(text)


def _quoted(text: str) -> str:
    """Double quotes as in JSON, with everything escaped that YAML does not allow to stand in a line."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def _folds(text: str) -> bool:
    """Folding gives the same text back only for single spaces between words and no line breaks of its own."""
    return text == " ".join(text.split()) and text.isprintable()


def _folded(text: str, indent: int) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return [f"{' ' * indent}{line}" for line in lines]
