"""Bring the tables to what a checked file says, inside the caller's transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select

from booking.catalogue.checking import closure_key
from booking.catalogue.entries import SECTIONS, Section, Sections, canonical
from booking.catalogue.fields import Known
from booking.catalogue.merging import Change, Conflict, plan_section
from booking.catalogue.rows import TABLES, Row, read_entry, write_fields
from booking.extensions import Base, db
from booking.models import Municipality

Rows = dict[str, dict[str, Row]]

OWNED = {
    "clerk": {"block", "clerk_concern"},
    "concern": {"concern_office", "concern_document"},
}
"""Tables whose rows go with the one they belong to; every other reference keeps a row from being deleted."""


@dataclass(slots=True)
class Outcome:
    """What was written, and what was kept as it had been edited in the application."""

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def stored_rows(municipality: Municipality | None) -> Rows:
    """Return all catalogue rows of a municipality by section and id in the file, in their order."""
    if municipality is None:
        return {name: {} for name in SECTIONS}
    rows: Rows = {"municipality": {municipality.slug: municipality}}
    for name in SECTIONS[1:]:
        table = TABLES[name]
        query = select(table.model).where(table.model.municipality_id == municipality.id).options(*table.options)
        order = [table.model.position] if table.has_position else [table.model.slug] if table.has_slug else []
        found = db.session.scalars(query.order_by(*order, table.model.id))
        rows[name] = {(row.slug if table.has_slug else _closure_key(row, rows)): row for row in found}
    return rows


def stored_entries(rows: Rows) -> Sections:
    """Return the rows as canonical entries."""
    known = Known(rows)
    return {
        name: {key: canonical(read_entry(name, row, known)) for key, row in of_section.items()}
        for name, of_section in rows.items()
    }


def apply(municipality: Municipality | None, wanted: Sections, *, force: bool) -> Outcome:
    """Write what differs, section by section, then drop what the file no longer has. Flushes; does not commit."""
    outcome = Outcome()
    rows = stored_rows(municipality)
    stored = stored_entries(rows)
    dropped: list[Change] = []
    for name in SECTIONS:
        origins: Section = {key: row.origin for key, row in rows[name].items()}
        plan = plan_section(name, wanted[name], stored=stored, origins=origins, force=force)
        outcome.conflicts += plan.conflicts
        dropped += [change for change in plan.changes if change.verb == "remove"]
        outcome.changes += (written := [change for change in plan.changes if change.verb != "remove"])
        for change in written:
            _write(change, rows)
        db.session.flush()
        for key, origin in plan.origins.items():
            _remember(rows[name][key], origin)
        if TABLES[name].has_position:
            outcome.changes += _reorder(name, wanted[name], rows[name], added={change.id for change in written})
    outcome.changes += _drop(dropped, rows)
    db.session.flush()
    return outcome


def _write(change: Change, rows: Rows) -> None:
    name, table = change.section, TABLES[change.section]
    fields: dict[str, Any] = {key: new for key, (_, new) in change.fields.items()}
    row = rows[name].get(change.id)
    if row is None:
        row = rows[name][change.id] = _new_row(change, rows)
        fields = dict.fromkeys(table.fields) | fields
    write_fields(name, row, fields, Known(rows))
    db.session.add(row)


def _new_row(change: Change, rows: Rows) -> Row:
    table = TABLES[change.section]
    row = table.model(slug=change.id) if table.has_slug else table.model()
    if change.section != "municipality":
        row.municipality_id = next(iter(rows["municipality"].values())).id
    return row


def _remember(row: Row, origin: Mapping[str, Any]) -> None:
    if row.origin != origin:
        row.origin = dict(origin)


def _reorder(name: str, wanted: Section, rows: dict[str, Row], *, added: set[str]) -> Iterator[Change]:
    """Put the rows into the order of the file. That loses nobody's work: the application does not reorder."""
    old = [key for key in wanted if key not in added]
    if old != [key for key in rows if key in wanted and key not in added]:
        yield Change("reorder", name, "")
    for position, key in enumerate(wanted):
        if rows[key].position != position:
            rows[key].position = position


def _drop(dropped: list[Change], rows: Rows) -> Iterator[Change]:
    """Delete what nothing refers to, beginning with what refers to others; else switch it off, if it can be."""
    for change in sorted(dropped, key=lambda change: SECTIONS.index(change.section), reverse=True):
        row = rows[change.section][change.id]
        db.session.flush()
        if not _is_referred(row):
            db.session.delete(row)
            yield change
        elif getattr(row, "active", False):
            row.active = False
            row.origin = {**row.origin, "active": False}
            yield Change("deactivate", change.section, change.id)


def _is_referred(row: Row) -> bool:
    own = row.__tablename__
    references = (key for table in Base.metadata.sorted_tables for key in table.foreign_keys)
    to_it = (key for key in references if key.column.table.name == own)
    others = (key for key in to_it if key.parent.table.name not in OWNED.get(own, ()))
    return any(db.session.scalar(select(exists().where(key.parent == row.id))) for key in others)


def _closure_key(row: Row, rows: Rows) -> str:
    return closure_key(read_entry("closures", row, Known(rows)))
