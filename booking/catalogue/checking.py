"""Check what a schema cannot say: ids, references, languages and dates across the entries of a catalogue.

The checks read a document that may be wrong in any other way; what has not the shape that they look for is skipped,
because the schema has reported it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import holidays

from booking.catalogue.faults import Fault, Path, did_you_mean, quoted
from booking.catalogue.formats import is_day
from booking.catalogue.reading import Document
from booking.rules.languages import LANGUAGES

Pattern = tuple[str, ...]
"""A path in which `*` stands for every entry of a list or map."""

_IDS: tuple[Pattern, ...] = (
    ("offices", "*", "id"),
    ("clerks", "*", "id"),
    ("documents", "*", "id"),
    ("concerns", "*", "id"),
    ("referrals", "*", "id"),
)
_REFERENCES: dict[str, tuple[Pattern, ...]] = {
    "offices": (
        ("clerks", "*", "blocks", "*", "office"),
        ("concerns", "*", "offices", "*", "office"),
        ("closures", "*", "office"),
    ),
    "documents": (("concerns", "*", "documents", "*", "document"),),
    "concerns": (("clerks", "*", "concerns", "*"), ("clerks", "*", "blocks", "*", "concerns", "*")),
}
_BODIES: tuple[Pattern, ...] = (
    ("responsible", "supervision"),
    ("data_protection", "officer"),
    ("data_protection", "authority"),
    ("accessibility", "feedback"),
    ("accessibility", "conciliation"),
)
TEXTS: tuple[Pattern, ...] = (
    ("municipality", "name"),
    ("municipality", "sender", "name"),
    ("municipality", "footer"),
    ("municipality", "logo", "alt"),
    ("municipality", "responsible", "name"),
    ("municipality", "responsible", "represented_by"),
    *(("municipality", *body, "name") for body in _BODIES),
    ("municipality", "holidays", "add", "*", "name"),
    ("closures", "*", "name"),
    ("offices", "*", "name"),
    ("offices", "*", "unit"),
    ("offices", "*", "room"),
    ("clerks", "*", "name"),
    ("documents", "*", "name"),
    *(("concerns", "*", key) for key in ("group", "name", "description", "keywords", "unit", "units")),
    ("concerns", "*", "fee", "text"),
    ("concerns", "*", "documents", "*", "when"),
    ("concerns", "*", "documents", "*", "note"),
    ("concerns", "*", "forms", "*", "name"),
    ("concerns", "*", "questions", "*", "label"),
    ("referrals", "*", "name"),
    ("referrals", "*", "keywords"),
    ("referrals", "*", "who"),
)
ONCE: tuple[tuple[tuple[str, str, str], str], ...] = (
    (("concerns", "*", "offices"), "office"),
    (("concerns", "*", "documents"), "document"),
    (("concerns", "*", "questions"), "id"),
)
RESERVED = frozenset(
    {"api", "feeds", "healthz", "metrics", "readyz", "rooms", "staff", "static", "t"}
)  # tests hold this against the routes
_IDENTITY = ("every", "date", "from", "to", "hours", "office")
_RANGES: tuple[tuple[Pattern, str, str], ...] = (
    (("clerks", "*", "blocks", "*"), "valid_from", "valid_to"),
    (("closures", "*"), "from", "to"),
)


def select(data: object, pattern: Pattern, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield the path and value of every entry that the pattern fits."""
    if not pattern:
        yield path, data
    elif isinstance(data, dict):
        for key in data if pattern[0] == "*" else {pattern[0]} & data.keys():
            yield from select(data[key], pattern[1:], (*path, key))
    elif isinstance(data, list) and pattern[0] == "*":
        for index, value in enumerate(data):
            yield from select(value, pattern[1:], (*path, index))


def cross_faults(document: Document) -> Iterator[Fault]:
    """Yield what is wrong across the entries: ids, references, languages, ranges of dates, holidays."""
    yield from _double_ids(document)
    yield from _double_entries(document)
    yield from _unknown_references(document)
    yield from _unspoken_languages(document)
    yield from _language_faults(document)
    yield from _backward_ranges(document)
    yield from _unknown_holidays(document)
    yield from _taken_addresses(document)


def _double_ids(document: Document) -> Iterator[Fault]:
    for pattern in _IDS:
        yield from _doubles(document, select(document.data, pattern))


def _double_entries(document: Document) -> Iterator[Fault]:
    """What one concern may name once: an office, a document, a question. And two closures of one time and place."""
    found = select(document.data, ("closures", "*"))
    closures = ((path, closure_key(entry)) for path, entry in found if isinstance(entry, dict))
    yield from _doubles(document, ((path, key) for path, key in closures if key))
    for pattern, key in ONCE:
        for path, entries in select(document.data, pattern):
            inner = select(entries, ("*", key), path)
            yield from _doubles(document, inner)


def _doubles(document: Document, found: Iterable[tuple[Path, object]]) -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, value in found:
        if not isinstance(value, str):
            continue
        if value in first:
            line = document.values[first[value]].line
            yield document.fault(path, f"{quoted(value)} stands twice; first on line {line}.")
        first.setdefault(value, path)


def _unknown_references(document: Document) -> Iterator[Fault]:
    for section, patterns in _REFERENCES.items():
        known = {value for _, value in select(document.data, (section, "*", "id")) if isinstance(value, str)}
        for pattern in patterns:
            for path, value in select(document.data, pattern):
                if isinstance(value, str) and value not in known:
                    sentence = f"There is no {quoted(value)} among the {section}.{did_you_mean(value, known)}"
                    yield document.fault(path, sentence)


def _unspoken_languages(document: Document) -> Iterator[Fault]:
    offered = [value for _, value in select(document.data, ("municipality", "languages", "*"))]
    for path, value in select(document.data, ("municipality", "languages", "*")):
        if isinstance(value, str) and value not in LANGUAGES:
            sentence = f"The pages do not speak {quoted(value)}; they speak {', '.join(LANGUAGES)}."
            yield document.fault(path, sentence)
    for path, value in select(document.data, ("municipality", "proofread", "*")):
        if isinstance(value, str) and value not in offered:
            yield document.fault(path, f"{quoted(value)} is not among the `languages` of the municipality.")


def _language_faults(document: Document) -> Iterator[Fault]:
    languages = [value for _, value in select(document.data, ("municipality", "languages", "*"))]
    first = languages[0] if languages else None
    if not isinstance(first, str):
        return
    for pattern in TEXTS:
        for path, text in select(document.data, pattern):
            if not isinstance(text, dict) or not text:
                continue
            if first not in text:
                yield document.fault(path, f'The wording in "{first}", the first of `languages`, is missing.')
            for language in text.keys() - {language for language in languages if isinstance(language, str)}:
                sentence = f"{quoted(language)} is not among the `languages` of the municipality."
                yield document.fault((*path, language), sentence, at_key=True)


def _backward_ranges(document: Document) -> Iterator[Fault]:
    for pattern, begin, end in _RANGES:
        for path, entry in select(document.data, pattern):
            if not isinstance(entry, dict):
                continue
            first, last = entry.get(begin), entry.get(end)
            # Dates of the form YYYY-MM-DD compare as text; of another form the schema has complained.
            if isinstance(first, str) and isinstance(last, str) and last < first:
                yield document.fault((*path, end), f"{quoted(last)} lies before {quoted(first)}.")


def _unknown_holidays(document: Document) -> Iterator[Fault]:
    """A removal that names no holiday of the state removes nothing, and nobody would notice."""
    states = [state for _, state in select(document.data, ("municipality", "holidays", "state"))]
    known = _holiday_names(states[0]) if states and isinstance(states[0], str) else frozenset()
    for path, name in select(document.data, ("municipality", "holidays", "remove", "*")):
        if known and isinstance(name, str) and name not in known and not is_day(name):
            yield document.fault(path, f"{quoted(name)} is no holiday in this state.{did_you_mean(name, known)}")


def _taken_addresses(document: Document) -> Iterator[Fault]:
    """A municipality's id is the first part of its pages' addresses, and some first parts are taken."""
    for path, slug in select(document.data, ("municipality", "id")):
        if slug in RESERVED:
            yield document.fault(path, f"{quoted(str(slug))} is an address of the service itself; choose another id.")


def closure_key(closure: Mapping[str, object]) -> str:
    """Return what tells one closure from another: they have no ids, but no two are at the same time and place."""
    return " ".join(f"{key} {closure[key]}" for key in _IDENTITY if closure.get(key))


@cache
def _holiday_names(state: str) -> frozenset[str]:
    """German names of the statutory holidays; a decade shows all that come every year."""
    try:
        days = holidays.country_holidays("DE", subdiv=state, years=range(2020, 2031), language="de")
    except NotImplementedError:
        return frozenset()
    return frozenset(name for day in days for name in days.get_list(day))
