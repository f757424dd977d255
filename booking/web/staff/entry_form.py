"""Entries of the catalogue as forms: fields and rows of fields, both ways, as the schema of the file names them.

A text in all languages is ``name`` in the first of them and ``name.en`` … in the others; a field of a row is
``documents.2.when``. What a refusal says of ``/documents/1/when/de`` is led back to the field that was typed into:
rows that were left empty or taken out are no entries.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request

from booking.rules.languages import LANGUAGES
from booking.web.staff.typed import Typed

LINE, PROSE = 250, 4000
MONEY = ("amount", "amount_from")
AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]*)?")
Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an entry.

    ``kind`` is ``text`` or ``prose`` (in all languages), ``words`` (several in all languages, with commas between),
    ``lines`` (several of no language), ``line``, ``number``, ``money``, ``tick``, ``choice`` (of ``options``) or
    ``kept`` (there and back, unseen).
    """

    key: str
    label: str
    kind: str = "line"
    hint: str = ""
    required: bool = False
    options: Options = ()
    least: int = 0
    most: int = 1440

    @property
    def is_translated(self) -> bool:
        """Whether it has one field for each language."""
        return self.kind in {"text", "prose", "words"}


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of entries inside an entry. One whose ``decisive`` field is empty is none."""

    key: str
    label: str
    fields: tuple[Field, ...]
    decisive: str
    spare: int = 2


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that stand under one heading; ``inside`` is the key of the map that they belong to."""

    label: str
    fields: tuple[Field, ...] = ()
    rows: Rows | None = None
    inside: str = ""


def typed_value(typed: Typed, field: Field, name: str, stored: Any = None) -> Any:
    """Return what was typed into a field as a file would say it, None for nothing; faults are noted in ``typed``."""
    if field.is_translated:
        return _typed_text(typed, field, name, stored)
    if field.kind == "tick":
        return name in request.form
    if field.kind == "number":
        return typed.whole(name, required=field.required)
    text = typed.text(name, required=field.required, longest=PROSE if field.kind == "lines" else LINE)
    if field.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()] or None
    if field.kind == "money":
        return _money(typed, name, text)
    if field.kind == "choice" and text and text not in {key for key, _ in field.options}:
        typed.wrong(name, "choose")
    return text or None


def typed_rows(typed: Typed, rows: Rows) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the entries of a list in the order that was typed, and which row of the form each of them was."""
    found: list[tuple[int, int, dict[str, Any]]] = []
    for place in range(typed_count(rows.key)):
        prefix = f"{rows.key}.{place}."
        if f"{prefix}out" in request.form or not typed.text(f"{prefix}{rows.decisive}"):
            continue
        entry = {field.key: typed_value(typed, field, f"{prefix}{field.key}") for field in rows.fields}
        at = typed.whole(f"{prefix}at")
        found.append((place if at is None else at - 1, place, {key: one for key, one in entry.items() if one != ""}))
    found.sort(key=lambda row: row[:2])
    return [entry for _, _, entry in found], [place for _, place, _ in found]


def typed_count(key: str) -> int:
    """Return how many rows of a list the form had."""
    return min(request.form.get(f"{key}.count", 0, type=int), 100)


def shown_value(field: Field, name: str, value: Any) -> dict[str, Any]:
    """Return a stored value as the fields that ``typed_value`` reads."""
    if not field.is_translated:
        return {name: "\n".join(value or ()) if field.kind == "lines" else _shown_number(field, value)}
    first, *others = g.catalogue.languages
    texts = value or {}
    shown = {tag: ", ".join(text) if field.kind == "words" else text for tag, text in texts.items()}
    shown = {tag: text for tag, text in shown.items() if isinstance(text, str)}
    return {name: shown.get(first, ""), **{f"{name}.{tag}": shown.get(tag, "") for tag in others}}


def shown_rows(rows: Rows, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the stored entries of a list as fields, with some empty rows after them."""
    shown: dict[str, Any] = {f"{rows.key}.count": len(entries) + rows.spare}
    for place, entry in enumerate(entries):
        for field in rows.fields:
            shown |= shown_value(field, f"{rows.key}.{place}.{field.key}", entry.get(field.key))
    return shown


def places_of(rows: Rows, order: Sequence[int]) -> dict[str, str]:
    """Return which field of the form each pointer into a list means: ``documents.0.when.de`` → ``documents.2.when``."""
    names: dict[str, str] = {}
    for index, place in enumerate(order):
        for field in rows.fields:
            names |= names_of(field, f"{rows.key}.{index}.{field.key}", f"{rows.key}.{place}.{field.key}")
    return names


def names_of(field: Field, pointer: str, name: str) -> dict[str, str]:
    """Return which field of the form the pointers into one value mean."""
    if not field.is_translated:
        return {pointer: name}
    first, *others = g.catalogue.languages
    names = {pointer: name, f"{pointer}.{first}": name, **{f"{pointer}.{tag}": f"{name}.{tag}" for tag in others}}
    if field.kind == "words":
        names |= {f"{each}.{place}": at for each, at in list(names.items()) for place in range(60)}
    return names


def label_of(parts: Sequence[Part], name: str) -> str:
    """Return what a field of the form is called where it is not seen: ``Unterlage 3, nur, wenn … (English)``."""
    for part in parts:
        keys = name.removeprefix(f"{part.inside}.").split(".") if part.inside else name.split(".")
        row = ""
        if part.rows:
            key, place, *keys = [*name.split("."), "", ""]
            if key != part.rows.key:
                continue
            row = f"{part.rows.label} {int(place) + 1}" if place.isdecimal() else part.label
        for field in part.rows.fields if part.rows else part.fields:
            if field.key == keys[0]:
                tag = keys[1] if len(keys) > 1 and keys[1] in LANGUAGES else ""
                return f"{row}, {field.label}".removeprefix(", ") + (f" ({LANGUAGES[tag].name})" if tag else "")
        if row:
            return row
    return ""


def _typed_text(typed: Typed, field: Field, name: str, stored: Any) -> dict[str, Any] | None:
    """Read a text in all languages. One that a file gave several plural forms in stays as it is: no field shows it."""
    first, *others = g.catalogue.languages
    longest = LINE if field.kind == "text" else PROSE
    found: dict[str, Any] = {first: typed.text(name, required=field.required, longest=longest)}
    found |= {tag: typed.text(f"{name}.{tag}", longest=longest) for tag in others}
    if any(found[tag] for tag in others) and not found[first]:
        typed.wrong(name, "required")
    if field.kind == "words":
        found = {tag: list(dict.fromkeys(_listed(text))) for tag, text in found.items()}
    kept = {tag: forms for tag, forms in (stored or {}).items() if isinstance(forms, dict) and not found.get(tag)}
    return {tag: text for tag, text in found.items() if text} | kept or None


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


def _money(typed: Typed, name: str, text: str) -> float | int | None:
    plain = text.replace("€", "").strip()
    plain = plain.replace(".", "").replace(",", ".") if "," in plain else plain
    if plain and not AMOUNT.fullmatch(plain):  # float() also takes "nan", which no JSON can say
        typed.wrong(name, "money")
        return None
    amount = round(float(plain), 2) if plain else None
    return int(amount) if amount is not None and amount.is_integer() else amount


def _shown_number(field: Field, value: Any) -> Any:
    if field.kind == "money" and value is not None:
        return f"{value:.2f}".replace(".", ",")
    return "" if value is None else value
