"""YAML text → plain data with the line and column of every entry.

Only what a catalogue needs of YAML 1.2 is read: maps, lists, texts, numbers, true and false. Anchors, aliases, tags
and merge keys are refused, so that a small file stays small in memory (no "billion laughs"). Plain words are
resolved here by the YAML 1.2 core schema, so that `no` is a text and `07:00` is not 420 minutes.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from booking.catalogue.faults import CatalogueFaults, Fault, Path, Place, quoted

MAX_BYTES = 2_000_000
"""About thirty times the catalogue of a small town; room for a city."""
MAX_ENTRIES = 60_000
MAX_DEPTH = 12
MAX_SIGNS = 100
"""Control characters that are named one by one."""

_CONSTANTS: dict[str, object] = {"null": None, "~": None, "": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?\d{1,15}")
_DECIMAL = re.compile(r"[-+]?\d{1,12}\.\d{1,6}")
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reorder what people read, and nothing in German, English or simple languages needs them."""
_BEGINNING = Place(1, 1)
_FORBIDDEN = "Control character U+{:04X}; delete it."


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data (maps, lists, texts, whole numbers, floats, true, false, null) and where each entry stands.

    ``faults`` are those of the YAML that still let the rest be read, such as a key that stands twice.
    """

    data: object
    faults: tuple[Fault, ...] = ()
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def fault(self, path: Path, sentence: str, *, at_key: bool = False) -> Fault:
        """Return a fault at an entry, or at the nearest entry around it that stands in the file."""
        place = self.keys.get(path) if at_key else None
        for length in range(len(path), -1, -1):
            place = place or self.values.get(path[:length])
        return Fault(*(place or _BEGINNING), self._spoken(path), sentence, path)

    def _spoken(self, path: Path) -> str:
        """`concerns[personalausweis].minutes`: entries of lists by their id where they have one."""
        spoken, data = "", self.data
        for step in path:
            data = _inside(data, step)
            known = data.get("id") if isinstance(data, dict) else None
            name = known if isinstance(known, str) and known.isprintable() else step
            spoken += f"[{name}]" if isinstance(step, int) else f".{step}"
        return spoken.lstrip(".")


def read_document(content: bytes | str) -> Document:
    """Read the text of one catalogue file; raises ``CatalogueFaults`` where it cannot be read to its end."""
    text = _decoded(content)
    builder = _Builder(faults=list(_forbidden_signs(text)))
    if builder.faults:
        text = "".join(
            "\N{REPLACEMENT CHARACTER}" if _is_forbidden(sign) and sign not in "\t\n\r" else sign for sign in text
        )
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else builder.place
        builder.stop(f"This is not YAML: {error.problem or error.context}.", place)
    except (YAMLError, ValueError, OverflowError, LookupError):
        # ruamel lets Python's own errors through for some broken escapes and directives, without a place.
        builder.stop("This is not YAML: what follows this place is broken.", builder.place)
    return Document(builder.data, tuple(builder.faults), builder.values, builder.keys)


def _inside(data: object, step: str | int) -> object:
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _decoded(content: bytes | str) -> str:
    if len(content) > MAX_BYTES:
        raise CatalogueFaults([Fault(1, 1, "", f"The file is larger than {MAX_BYTES // 1_000_000} MB.")])
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")
        raise CatalogueFaults([Fault(line, column, "", "The file is not text in UTF-8.")]) from error


def _forbidden_signs(text: str) -> Iterator[Fault]:
    """Control characters and halves of characters, which no editor shows and YAML forbids; the first 100 of them."""
    found = 0
    for number, line in enumerate(text.split("\n"), 1):
        for column, sign in enumerate(line.removesuffix("\r"), 1):
            if sign != "\t" and _is_forbidden(sign) and found < MAX_SIGNS:
                found += 1
                yield Fault(number, column, "", _FORBIDDEN.format(ord(sign)))


def _is_forbidden(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs"} or sign in _DIRECTIONS


@dataclass(slots=True)
class _Open:
    """A map or list that is being read."""

    path: Path
    content: dict[str, object] | list[object]
    key: str | None = None

    def next_step(self) -> str | int:
        return len(self.content) if isinstance(self.content, list) else (self.key or "")


@dataclass(slots=True)
class _Builder:
    """Builds plain data from parser events without recursion, so that depth costs no stack."""

    data: object = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    place: Place = _BEGINNING
    documents: int = 0
    stack: list[_Open] = field(default_factory=list)

    def take(self, event: Event) -> None:
        self.place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.stop("A second document begins here (---); a catalogue is one.")
        elif isinstance(event, CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _node(self, event: NodeEvent) -> None:
        self._refuse_extras(event)
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.content, dict) and top.key is None:
            self._key(top, event)
            return
        value: object
        if isinstance(event, CollectionStartEvent):
            value = {} if isinstance(event, MappingStartEvent) else []
        else:
            value = _resolved(event) if isinstance(event, ScalarEvent) else None
        path = self._put(top, value)
        if isinstance(value, dict | list):
            if len(path) >= MAX_DEPTH:
                self.stop(f"Nested more than {MAX_DEPTH} deep.")
            self.stack.append(_Open(path, value))

    def _refuse_extras(self, event: NodeEvent) -> None:
        if len(self.values) >= MAX_ENTRIES:
            self.stop(f"More than {MAX_ENTRIES} entries.")
        if isinstance(event, AliasEvent) or event.anchor:
            self._add("Anchors (&) and aliases (*) are not allowed; write it out.")
        if getattr(event, "tag", None):
            self._add("Tags (!) are not allowed.")
        if isinstance(event, ScalarEvent):
            for sign in sorted({sign for sign in event.value if sign != "\n" and _is_forbidden(sign)}):
                self._add(_FORBIDDEN.format(ord(sign)))

    def _key(self, top: _Open, event: NodeEvent) -> None:
        """Remember the key that the next value belongs to; what is no plain word is refused at once."""
        if not isinstance(event, ScalarEvent):
            self.stop("A key must be a plain word.")
        key = str(event.value)
        assert isinstance(top.content, dict)  # noqa: S101 - for mypy; only maps have keys
        if key in top.content:
            first = self.keys[*top.path, key].line
            self._add(f"The key {quoted(key)} stands twice; first on line {first}.")
        else:
            self.keys[*top.path, key] = self.place
        top.key = key

    def _put(self, top: _Open | None, value: object) -> Path:
        path: Path = ()
        if top is None:
            self.data = value
        else:
            path = (*top.path, top.next_step())
            if isinstance(top.content, list):
                top.content.append(value)
            else:
                top.content[str(top.key)], top.key = value, None
        self.values[path] = self.place
        return path

    def _add(self, sentence: str) -> None:
        self.faults.append(Fault(*self.place, "", sentence))

    def stop(self, sentence: str, place: Place | None = None) -> NoReturn:
        """Give up reading here."""
        raise CatalogueFaults([*self.faults, Fault(*(place or self.place), "", sentence)])


def _resolved(event: ScalarEvent) -> object:
    """Give a scalar its type by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema)."""
    text = str(event.value)
    if event.style in {"|", ">"}:
        return text.rstrip("\n")
    if event.style in {"'", '"'}:
        return text
    if text.lower() in _CONSTANTS and (text in {"~", ""} or text in {text.lower(), text.upper(), text.title()}):
        return _CONSTANTS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
