"""Check one entry that staff edit in the application, by the schema of the file; what is wrong is said in German.

A file's faults are for operators, who read English and lines. Here each is a field of a form and the key of a sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from booking.catalogue.checking import ONCE, TEXTS, select
from booking.catalogue.entries import Entry
from booking.catalogue.exporting import spelt_out
from booking.catalogue.faults import Path
from booking.catalogue.shape import entry_errors
from booking.catalogue.staffing import overlaps, stretch_of
from booking.errors import Fault

DEFINITIONS = {
    "municipality": "municipality",
    "offices": "office",
    "documents": "document",
    "concerns": "concern",
    "clerks": "clerk",
    "closures": "closure",
    "referrals": "referral",
}
_RANGES = (("from", "to"), ("valid_from", "valid_to"))
_KEYS = {  # a keyword of JSON Schema → the key of a sentence and the name of its value in it
    "minimum": ("at-least", "least"),
    "maximum": ("at-most", "most"),
    "multipleOf": ("in-steps", "step"),
    "maxLength": ("too-long", "max"),
    "maxItems": ("too-many", "max"),
}
_SENTENCES = {"type": "whole-number", "minLength": "required", "minItems": "choose", "enum": "choose"}
_FORMATS = {"date": "day", "month-day": "month-day", "hours": "hours", "shut-hours": "hours", "time-of-day": "clock"}


def entry_faults(section: str, key: str, entry: Entry, *, language: str = "de") -> list[Fault]:
    """Return what is wrong with a canonical entry of a section; the pointers are its keys: ``/policy/near_days``.

    ``language`` is the first of the municipality, which no text may lack.
    """
    definition = DEFINITIONS[section]
    whole = spelt_out(section, key, entry)
    by_schema = [fault for error in entry_errors(definition, whole) for fault in _faults(error)]
    found = [*_unworded(section, whole, language), *by_schema, *_backward(whole), *_doubles(section, whole)]
    return list({fault.pointer: fault for fault in found}.values())


def _unworded(section: str, entry: Entry, language: str) -> Iterator[Fault]:
    """Texts that others can read, but not whoever reads the first language."""
    is_one = section == "municipality"
    for pattern in TEXTS:
        for path, text in select({section: entry if is_one else [entry]}, pattern):
            if isinstance(text, dict) and text and language not in text:
                yield Fault(_pointer(path[1 if is_one else 2 :]), "required")


def block_faults(blocks: Sequence[Entry], edited: Sequence[int]) -> list[Fault]:
    """Return what is wrong with the edited ones of a clerk's blocks; pointers begin with the place: ``/3/hours``.

    The others count where the edited ones meet them: a clerk is in one place at a time.
    """
    found = [
        Fault(f"/{place}{fault.pointer}", fault.key, fault.values)
        for place in edited
        for error in entry_errors("block", blocks[place])
        for fault in [*_faults(error)]
    ]
    found += [Fault(f"/{place}{one.pointer}", one.key) for place in edited for one in _backward(blocks[place])]
    return found or [*_clashes(blocks, edited)]


def _clashes(blocks: Sequence[Entry], edited: Sequence[int]) -> Iterator[Fault]:
    stretches = [stretch_of(("clerks", 0, "blocks", place), block) for place, block in enumerate(blocks)]
    for pair in overlaps(stretches):
        places = [int(stretch.path[-1]) for stretch in pair]
        for place, other in (places, places[::-1]):
            if place in edited:
                yield Fault(f"/{place}/hours", "overlaps", {"hours": blocks[other]["hours"]})
                break


def _faults(error: Any) -> Iterator[Fault]:
    path: Path = tuple(error.absolute_path)
    keyword, value = str(error.validator), error.validator_value
    if keyword in {"required", "dependentRequired"}:
        needed = value if isinstance(value, list) else [key for keys in value.values() for key in keys]
        yield from (Fault(_pointer((*path, key)), "required") for key in needed if key not in error.instance)
    elif keyword in _KEYS:
        key, name = _KEYS[keyword]
        yield Fault(_pointer(path), key, {name: value})
    elif keyword == "format":
        yield Fault(_pointer(path), _FORMATS.get(value, value))
    elif keyword == "pattern":
        yield Fault(_pointer(path), _pattern_key(path))
    else:
        yield Fault(_pointer(path), _SENTENCES.get(keyword, "invalid"))


def _pattern_key(path: Path) -> str:
    """What a pattern means follows from the field: a telephone number, a postal code, a line of text."""
    last = str(path[-1]) if path else ""
    return last if last in {"phone", "postal_code", "leika", "id"} else "one-line"


def _doubles(section: str, entry: Entry) -> Iterator[Fault]:
    """What one entry may name once: an office, a document, a question."""
    for (of, _, name), key in ONCE:
        seen: set[object] = set()
        for place, inner in enumerate(entry.get(name, ()) if of == section else ()):
            if inner.get(key) in seen:
                yield Fault(f"/{name}/{place}/{key}", "stands-twice")
            seen.add(inner.get(key))


def _backward(entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Dates of the form YYYY-MM-DD compare as text."""
    for begin, end in _RANGES:
        first, last = entry.get(begin), entry.get(end)
        if isinstance(first, str) and isinstance(last, str) and last < first:
            yield Fault(f"/{end}", "before-first")


def _pointer(path: Path) -> str:
    return "".join(f"/{step}" for step in path)
