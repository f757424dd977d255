"""Edit one entry of the catalogue in the application: a municipality, an office, a clerk, a concern, a document.

What was set by a file is remembered in ``origin`` and not touched here, so that the next load finds the edit, reports
it as a conflict and keeps it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.actions.audit import record
from booking.actions.changing import Change, begin_change, clerk_within_reach, end_change
from booking.actions.transaction import reads, writes
from booking.catalogue.applying import stored_rows
from booking.catalogue.editing import DEFINITIONS, entry_faults
from booking.catalogue.entries import Entry, canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import Row, read_entry, write_fields
from booking.catalogue.stranding import Stranded
from booking.errors import Forbidden, Invalid, NotFound
from booking.extensions import db
from booking.models import Municipality
from booking.rules.roles import ADMINS, Actor

ADMINS_ONLY = frozenset({"retention_days"})


@reads
def open_entry(by: Actor, section: str, key: str) -> Entry:
    """Return an entry as in the file, without defaults and what is empty. Raises NotFound."""
    rows = stored_rows(db.session.get(Municipality, by.municipality))
    if key not in rows[section]:
        raise NotFound(DEFINITIONS[section])
    return canonical(read_entry(section, rows[section][key], Known(rows)))


@writes
def edit_entry(
    by: Actor, section: str, key: str, fields: Mapping[str, Any], *, now: datetime, accepts: int | None = None
) -> tuple[Stranded, ...]:
    """Set some keys of an entry to what a file would say; None or nothing for a key that it would not have.

    Returns the appointments that it strands. Raises NotFound, Forbidden, SharedClerk, Invalid (with pointers into the
    entry: ``/policy/near_days``) and Strands, where they are more than ``accepts``.
    """
    change = begin_change(by, now=now)
    rows = stored_rows(change.town)
    if key not in rows[section]:
        raise NotFound(DEFINITIONS[section])
    row = rows[section][key]
    _check_reach(by, change, section, row, now=now)
    before = canonical(read_entry(section, row, Known(rows)))
    after = canonical({**before, **fields})
    changed = {name for name in fields if before.get(name) != after.get(name)}
    if ADMINS_ONLY & changed and by.role not in ADMINS:
        raise Forbidden
    if faults := entry_faults(section, key, after):
        raise Invalid(*faults)
    if not changed:
        return ()
    write_fields(section, row, {name: after.get(name) for name in changed}, Known(rows))
    record(by, "edited", f"{DEFINITIONS[section]} {key}", now=now, office=by.office, fields=sorted(changed))
    return end_change(change, accepts=accepts)


def _check_reach(by: Actor, change: Change, section: str, row: Row, *, now: datetime) -> None:
    """An office and its clerks belong to who manages it; a concern to who manages every office that offers it."""
    offices: set[int | None] = {None}
    if section == "clerks":
        clerk_within_reach(by, row.slug, today=now.astimezone(ZoneInfo(change.town.timezone)).date())
        return
    if section == "offices":
        offices = {row.id}
    elif section == "concerns":
        offices = {offer.office_id for offer in row.offices} or {None}
    if not all(by.reaches(change.town.id, office) for office in offices):
        raise Forbidden if by.municipality == change.town.id else NotFound(DEFINITIONS[section])
