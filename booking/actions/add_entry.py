"""Add a concern or a checklist item to the catalogue in the application; no file has set it, so none takes it away."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from booking.actions.add_clerk import slug_of
from booking.actions.audit import record, recorded
from booking.actions.changing import begin_change, end_change
from booking.actions.transaction import writes
from booking.catalogue.applying import stored_rows
from booking.catalogue.editing import DEFINITIONS, entry_faults
from booking.catalogue.entries import canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import TABLES, write_fields
from booking.errors import Forbidden, Invalid
from booking.extensions import db
from booking.rules.roles import Actor


@writes
def add_entry(by: Actor, section: str, fields: Mapping[str, Any], *, now: datetime) -> str:
    """Add an entry with the keys that a file would have, and return its id, made of its name.

    Raises Invalid, and Forbidden for whoever manages one office alone: what is added belongs to all.
    """
    if by.office is not None:
        raise Forbidden
    change = begin_change(by, now=now)
    rows = stored_rows(change.town)
    done = dict(subject.split(" ", 1) for subject in recorded(by, "added", now=now))
    if DEFINITIONS[section] in done:
        return done[DEFINITIONS[section]]
    entry = canonical(fields)
    slug = slug_of(next(iter(entry.get("name", {}).values()), ""), {*rows[section]})
    if faults := entry_faults(section, slug, entry, language=change.town.languages[0]):
        raise Invalid(*faults)
    table = TABLES[section]
    place = {"position": len(rows[section])} if table.has_position else {}
    row = table.model(municipality_id=change.town.id, slug=slug, **place)
    write_fields(section, row, {**dict.fromkeys(table.fields), **entry}, Known(rows))
    db.session.add(row)
    record(by, "added", f"{DEFINITIONS[section]} {slug}", now=now)
    end_change(change)
    return slug
