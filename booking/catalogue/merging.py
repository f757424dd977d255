"""What a file would change: a comparison of what it says, what is stored, and what a file last set."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

from booking.catalogue.entries import Entry, Section, Sections

Verb = Literal["add", "change", "remove", "deactivate", "reorder"]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs; ``fields`` hold what is stored and what the file says, None for nothing."""

    verb: Verb
    section: str
    id: str
    fields: Mapping[str, tuple[Any, Any]] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that was edited in the application since a file set it, and that the file would change.

    A field ``""`` stands for the whole entry, which the file no longer has.
    """

    section: str
    id: str
    field: str
    here: Any
    in_file: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with one section: fields to write by entry, entries to drop, and what each row then remembers."""

    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    origins: Section


def plan_section(name: str, wanted: Section, *, stored: Sections, origins: Section, force: bool) -> Plan:
    """Compare one section of the file with what is stored; see the module.

    What only the application knows (an entry without origin) stays as it is.
    """
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    remembered: Section = {}
    present = stored.get(name, {})
    for key, entry in wanted.items():
        if key not in present:
            changes.append(Change("add", name, key, {field: (None, value) for field, value in entry.items()}))
            remembered[key] = entry
            continue
        found = [*_conflicts(name, key, entry, here=present[key], origin=origins.get(key, {}))]
        kept = set() if force else {conflict.field for conflict in found}
        conflicts += [] if force else found
        differing = {field: pair for field, pair in _differences(present[key], entry).items() if field not in kept}
        if differing:
            changes.append(Change("change", name, key, differing))
        remembered[key] = _remember(entry, origins.get(key, {}), kept)
    for key in present.keys() - wanted.keys():
        origin = origins.get(key)
        if not origin:
            continue
        edited = _differences(origin, present[key])
        if edited and not force:
            conflicts.append(Conflict(name, key, "", here=sorted(edited), in_file=None))
        else:
            changes.append(Change("remove", name, key))
    return Plan(tuple(changes), tuple(conflicts), remembered)


def _differences(before: Entry, after: Entry) -> dict[str, tuple[Any, Any]]:
    fields = [*after, *(field for field in before if field not in after)]
    pairs = {field: (before.get(field), after.get(field)) for field in fields}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


def _conflicts(section: str, key: str, entry: Entry, *, here: Entry, origin: Entry) -> Iterator[Conflict]:
    for field, (stored, wanted) in _differences(here, entry).items():
        if stored != origin.get(field):
            yield Conflict(section, key, field, here=stored, in_file=wanted)


def _remember(entry: Entry, origin: Entry, kept: set[str]) -> Entry:
    """What the file has now set; of a field that was kept as edited, what it had set before."""
    fields = {field: origin.get(field) if field in kept else entry.get(field) for field in {*entry, *kept}}
    return {field: value for field, value in fields.items() if value is not None}
