"""Check a document against ``schema.json`` and say each deviation in a sentence, at its line and column."""

import json
import pathlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, validators

from booking.catalogue.faults import Fault, Path, did_you_mean, quoted
from booking.catalogue.formats import FORMATS
from booking.catalogue.reading import Document

Said = tuple[Path, str, bool]
"""Where, what, and whether it is the key that is wrong rather than the value."""

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
}
_BOOLEAN_WORDS = frozenset({"yes", "no", "on", "off", "y", "n", "ja", "nein"})


def shape_faults(document: Document) -> dict[Path, Fault]:
    """Return the faults by the path they are about; of several at one path (an odd key and a bad value) one is kept."""
    faults: dict[Path, Fault] = {}
    for error in _validator().iter_errors(document.data):
        for path, sentence, at_key in _said(error):
            faults.setdefault(path, document.fault(path, sentence, at_key=at_key))
    return faults


def entry_errors(definition: str, entry: object) -> Iterator[Any]:
    """Yield what the schema says against one entry (``office``, ``block`` …): errors of jsonschema."""
    return iter(_validator(definition).iter_errors(entry))


@cache
def _validator(definition: str = "") -> Any:
    schema = json.loads(pathlib.Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
    if definition:
        schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    formats = FormatChecker(formats=())
    for name, fault_of in FORMATS.items():
        formats.checks(name)(lambda value, fault_of=fault_of: not isinstance(value, str) or fault_of(value) is None)
    # JSON Schema counts 15.0 as an integer; a person who writes it meant something else.
    whole = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = validators.extend(Draft202012Validator, type_checker=whole)  # type: ignore[no-untyped-call]
    return strict(schema, format_checker=formats)


def _said(error: Any) -> Iterator[Said]:
    """Yield the faults of one error of the schema; a missing key is reported at the map that lacks it."""
    path: Path = tuple(error.absolute_path)
    own = error.schema.get("errorMessage") if isinstance(error.schema, dict) else None
    if own and error.validator in {"const", "not", "required"}:
        yield path, own, False
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(path, error)
    elif error.validator in {"required", "dependentRequired"}:
        yield from _missing_keys(path, error)
    else:
        yield path, _SENTENCES.get(str(error.validator), _plain)(error), False


def _unknown_keys(path: Path, error: Any) -> Iterator[Said]:
    known, patterns = error.schema.get("properties", {}), error.schema.get("patternProperties", {})
    for key in error.instance:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        if patterns:
            yield (*path, key), f"{quoted(key)} is not a language tag such as de, en or de-simple.", True
        else:
            yield (*path, key), f"Unknown key {quoted(key)}.{did_you_mean(key, known)}", True


def _missing_keys(path: Path, error: Any) -> Iterator[Said]:
    needed = error.validator_value
    if isinstance(needed, dict):
        needed = [key for given, keys in needed.items() if given in error.instance for key in keys]
    for key in needed:
        if key not in error.instance:
            yield (*path, key), f'The key "{key}" is missing.', False


def _type(error: Any) -> str:
    wanted, value = error.validator_value, error.instance
    allowed = wanted if isinstance(wanted, list) else [wanted]
    sentence = f"This must be {' or '.join(_TYPES[each] for each in allowed)}, not {quoted(value)}."
    if wanted == "boolean" and isinstance(value, str) and value.lower() in _BOOLEAN_WORDS:
        return f"{sentence} YAML knows only true and false."
    if "string" in allowed and isinstance(value, int | float | bool):
        return f"{sentence} Put it in quotes."
    return sentence


def _one_of(error: Any) -> str:
    allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    hint = did_you_mean(error.instance, allowed) if isinstance(error.instance, str) else ""
    return f"This must be {' or '.join(allowed)}, not {quoted(error.instance)}.{hint}"


def _pattern(error: Any) -> str:
    wanted = error.schema.get("patternErrorMessage", "has signs that are not allowed here")
    return f"{quoted(error.instance)} {wanted}."


def _plain(error: Any) -> str:
    return f"This is not allowed: {quoted(error.message)}."


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": _one_of,
    "const": _one_of,
    "pattern": _pattern,
    "format": lambda error: FORMATS[error.validator_value](error.instance) or "",
    "minimum": lambda error: f"{error.instance} is too small; the least is {error.validator_value}.",
    "maximum": lambda error: f"{error.instance} is too large; the most is {error.validator_value}.",
    "multipleOf": lambda error: f"{error.instance} must be a multiple of {error.validator_value}.",
    "minLength": lambda _: "This text is empty; leave the key out if there is nothing to say.",
    "maxLength": lambda error: f"This text has {len(error.instance)} signs; the most is {error.validator_value}.",
    "minItems": lambda _: "This list is empty.",
    "maxItems": lambda error: f"This list has {len(error.instance)} entries; the most is {error.validator_value}.",
    "uniqueItems": lambda _: "This list names the same thing twice.",
    "minProperties": lambda _: "This map is empty.",
}
