"""The entries of a catalogue in one canonical form, so that file, tables and origin can be compared field by field."""

import json
from collections.abc import Mapping
from typing import Any

from booking.catalogue.checking import closure_key
from booking.catalogue.staffing import WEEKDAYS

Entry = dict[str, Any]
"""One entry as in the file, without its id, its defaults and what is empty."""
Section = dict[str, Entry]
Sections = dict[str, Section]

SECTIONS = ("municipality", "offices", "documents", "concerns", "clerks", "closures", "referrals")
"""In the order in which they can be written: later ones refer to earlier ones."""
DEFAULTS = {
    "active": True,
    "after_minutes": 0,
    "call": True,
    "check_in": True,
    "discreet": False,
    "every_weeks": 1,
    "per_unit": False,
}


def entries_of(data: Mapping[str, Any]) -> Sections:
    """Turn the data of a checked file (or of an export) into canonical entries by section and id."""
    town = data["municipality"]
    sections: Sections = {"municipality": {town["id"]: canonical(town)}}
    for name in SECTIONS[1:]:
        entries = data.get(name, [])
        sections[name] = {
            (closure_key(entry) if name == "closures" else entry["id"]): canonical(entry) for entry in entries
        }
    return sections


def canonical(entry: Mapping[str, Any]) -> Entry:
    """Return an entry without id, defaults and empty values, with those lists sorted whose order means nothing."""
    kept = {key: value for key, value in entry.items() if key != "id"}
    if isinstance(kept.get("concerns"), list):
        kept["concerns"] = sorted(kept["concerns"])
    if "blocks" in kept:
        kept["blocks"] = sorted(map(canonical, kept["blocks"]), key=_block_order)
    if isinstance(kept.get("offices"), list):
        kept["offices"] = sorted(kept["offices"], key=lambda offer: str(offer["office"]))
    pruned = _pruned(kept)
    assert isinstance(pruned, dict)  # noqa: S101 - for mypy: a map stays a map
    return pruned


def _pruned(value: object) -> object:
    if isinstance(value, dict):
        inner = {key: _pruned(entry) for key, entry in value.items()}
        return {key: entry for key, entry in inner.items() if not _says_nothing(key, entry)}
    return [_pruned(entry) for entry in value] if isinstance(value, list) else value


def _says_nothing(key: str, value: object) -> bool:
    return value is None or value in ("", [], {}) or (key in DEFAULTS and value == DEFAULTS[key])


def _block_order(block: Entry) -> tuple[object, ...]:
    """Weekly blocks by day and hour, then dated ones."""
    dated = block.get("date", "")
    return (
        dated,
        WEEKDAYS.index(block["weekday"]) if not dated else 0,
        block["hours"],
        json.dumps(block, sort_keys=True),
    )
