"""Managing what people come for: the concerns of a municipality, their texts, checklists, questions and offices."""

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.add_clerk import slug_of
from booking.actions.add_entry import add_entry
from booking.actions.edit_entry import edit_entry, open_entries, open_entry
from booking.errors import Invalid, Refusal, Strands
from booking.rules import roles
from booking.web import problems
from booking.web.staff import concern_parts
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.entry_form import (
    Part,
    label_of,
    names_of,
    places_of,
    shown_rows,
    shown_value,
    typed_count,
    typed_rows,
    typed_value,
)
from booking.web.staff.managing import accepted, languages, told, words
from booking.web.staff.typed import Typed
from booking.web.words import plain

Answer = str | tuple[str, int] | Response
LONGEST_ANSWER = 200  # characters, where nobody says how long an answer may be


@blueprint.get("/<town>/concerns")
@admits(*roles.MANAGERS)
def show_concerns(town: str) -> str:
    """List the concerns, and ask for a new one."""
    return _list(town)


@blueprint.post("/<town>/concerns")
@admits(*roles.MANAGERS)
def add_concern(town: str) -> Answer:
    """Add a concern by name, group and office; it is not offered until somebody says so on its page."""
    typed = Typed()
    first = {"group": words(typed, "group"), "name": words(typed, "name"), "minutes": typed.whole("minutes")}
    office = typed.text("office")
    if office not in {key for key, _ in _offices()}:
        typed.wrong("office", "choose")
    for name in ("group", "name"):
        if not first[name]:
            typed.wrong(name, "required")
    try:
        typed.check()
        added = add_entry(actor(), "concerns", {**_new(typed), **first, "offices": _at(office)}, now=clock.now())
    except Invalid as refusal:
        return _list(town, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_concern", town=town, concern=added, done="added"))


@blueprint.get("/<town>/concerns/<concern>")
@admits(*roles.MANAGERS)
def show_concern(town: str, concern: str) -> str:
    """Show one concern to be edited."""
    return _page(town, concern)


@blueprint.post("/<town>/concerns/<concern>")
@admits(*roles.MANAGERS)
def save_concern(town: str, concern: str) -> Answer:
    """Save a concern; what it strands is asked about first."""
    names = {"fee": "fee.text"}
    try:
        fields = _typed(open_entry(actor(), "concerns", concern), names)
        done = edit_entry(actor(), "concerns", concern, fields, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _page(town, concern, refusal, names=names), problems.status(refusal)
    return redirect(url_for("staff.show_concern", town=town, concern=concern, done="saved", stranded=len(done)))


@blueprint.post("/<town>/documents")
@admits(*roles.MANAGERS)
def add_document(town: str) -> Answer:
    """Add a checklist item, for any concern to name."""
    typed = Typed()
    fields = {"kind": typed.text("kind"), "name": words(typed, "item")}
    concern = typed.text("concern")
    if not fields["name"]:
        typed.wrong("item", "required")
    try:
        typed.check()
        add_entry(actor(), "documents", fields, now=clock.now())
    except Invalid as refusal:
        return _page(town, concern, refusal, is_kept=True), problems.status(refusal)
    return redirect(url_for("staff.show_concern", town=town, concern=concern, done="item", _anchor="documents"))


def _parts() -> tuple[Part, ...]:
    documents = [(key, plain(entry["name"])) for key, entry in open_entries(actor(), "documents").items()]
    return concern_parts.parts(_offices(), sorted(documents, key=lambda item: item[1].casefold()))


def _offices() -> list[tuple[str, str]]:
    return [(office.slug, plain(office.name)) for office in g.catalogue.open_offices]


def _at(office: str) -> list[dict[str, Any]]:
    return [{"office": office, "online": False, "staff": True}]


def _new(typed: Typed) -> dict[str, Any]:
    """Return what a file must say of a concern, as far as nobody has said it yet."""
    first = g.catalogue.languages[0]
    name = typed.text("name")
    return {
        "keywords": {first: [name] if name else []},
        "extra_minutes": 0,
        "unit": {first: "Person"},
        "max_quantity": 1,
        "fee": {"text": {first: "Die Gebühr nennt Ihnen das Amt."}, "currency": "EUR"},
        "documents": [],
        "active": False,
    }


def _typed(stored: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the whole form as a file would say it, and in ``names`` where each pointer stands. Raises Invalid."""
    typed = Typed()
    fields: dict[str, Any] = {}
    for part in _parts():
        if part.rows:
            rows, order = typed_rows(typed, part.rows)
            if part.rows.key == "offices":  # whose order means nothing, so the entry sorts them
                pairs = sorted(zip(rows, order, strict=True), key=lambda pair: str(pair[0]["office"]))
                rows, order = [row for row, _ in pairs], [place for _, place in pairs]
            fields[part.rows.key] = rows
            names |= places_of(part.rows, order)
            continue
        inner = stored.get(part.inside, {}) if part.inside else stored
        read = {at.key: typed_value(typed, at, _name(part, at.key), inner.get(at.key)) for at in part.fields}
        for at in part.fields:
            names |= names_of(at, _name(part, at.key), _name(part, at.key))
        fields |= {part.inside: _some(read)} if part.inside else read
    typed.check()
    return _completed(fields)


def _completed(fields: dict[str, Any]) -> dict[str, Any]:
    """Add what people are not asked for: the currency, the names for programs, what ``immer`` leaves out."""
    if fields["fee"]:
        fields["fee"]["currency"] = "EUR"
    taken = {question["id"] for question in fields["questions"] if question["id"]}
    for question in fields["questions"]:
        question["id"] = question["id"] or slug_of(next(iter(question["label"].values())), taken)
        question["max_length"] = question["max_length"] or LONGEST_ANSWER
        taken.add(question["id"])
    for item in fields["documents"]:
        if item["required"] == "always":
            item["when"] = None
    return fields


def _some(read: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in read.items() if value is not None}


def _name(part: Part, key: str) -> str:
    return f"{part.inside}.{key}" if part.inside else key


def _list(town: str, refusal: Refusal | None = None) -> str:
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for key, entry in open_entries(actor(), "concerns").items():
        groups.setdefault(plain(entry.get("group", {})) or "Ohne Gruppe", []).append((key, entry))
    return render_template(
        "staff/concerns.html",
        town=town,
        groups=list(groups.items()),
        offices=_offices(),
        languages=languages(),
        **told(refusal),
    )


def _page(
    town: str,
    concern: str,
    refusal: Refusal | None = None,
    *,
    names: Mapping[str, str] | None = None,
    is_kept: bool = False,
) -> str:
    entry = open_entry(actor(), "concerns", concern)
    parts = _parts()
    values: dict[str, Any] = {}
    for part in parts:
        if part.rows:
            values |= shown_rows(part.rows, entry.get(part.rows.key, []))
            continue
        inner = entry.get(part.inside, {}) if part.inside else {"active": True, **entry}
        for at in part.fields:
            values |= shown_value(at, _name(part, at.key), inner.get(at.key))
    is_typed = request.method == "POST" and not is_kept
    if is_typed:
        counts = {f"{part.rows.key}.count": typed_count(part.rows.key) for part in parts if part.rows}
        values = {**request.form.to_dict(), **counts}
    shown = told(refusal, None, names)
    return render_template(
        "staff/concern.html",
        town=town,
        slug=concern,
        entry=entry,
        parts_of=parts,
        values=values,
        kinds=concern_parts.KINDS,
        languages=languages(),
        labels={name: label_of(parts, name) for name in shown["errors"]} | {"item": "Name der Unterlage"},
        **shown,
    )
