"""Edit one entry of the catalogue in the application: a municipality, an office, a clerk, a concern, a document.

What was set by a file is remembered in ``origin`` and not touched here, so that the next load finds the edit, reports
it as a conflict and keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.actions.audit import record
from booking.actions.changing import Change, begin_change, clerk_within_reach, end_change
from booking.actions.transaction import reads, writes
from booking.catalogue.applying import Rows, stored_rows
from booking.catalogue.editing import DEFINITIONS, entry_faults
from booking.catalogue.entries import Entry, Section, canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import Row, read_entry, write_fields
from booking.catalogue.stranding import Stranded
from booking.errors import Fault, Forbidden, Invalid, NotFound
from booking.extensions import db
from booking.models import Municipality
from booking.rules.roles import ADMINS, Actor

ADMINS_ONLY = frozenset({"retention_days"})


@reads
def open_entries(by: Actor, section: str) -> Section:
    """Return a section's entries as in the file, by id, without defaults and what is empty."""
    rows = stored_rows(db.session.get(Municipality, by.municipality))
    return {key: canonical(read_entry(section, row, Known(rows))) for key, row in rows[section].items()}


def open_entry(by: Actor, section: str, key: str) -> Entry:
    """Return one entry of a section. Raises NotFound."""
    try:
        return open_entries(by, section)[key]
    except KeyError:
        raise NotFound(DEFINITIONS[section]) from None


def edit_entry(
    by: Actor, section: str, key: str, fields: Mapping[str, Any], *, now: datetime, accepts: int | None = None
) -> tuple[Stranded, ...]:
    """Set some keys of an entry; see ``edit_entries``. Pointers begin inside the entry: ``/policy/near_days``."""
    try:
        return edit_entries(by, section, {key: fields}, now=now, accepts=accepts)
    except Invalid as refusal:
        inside = [Fault(each.pointer.removeprefix(f"/{key}"), each.key, each.values) for each in refusal.faults]
        raise Invalid(*inside) from None


@writes
def edit_entries(
    by: Actor, section: str, edits: Mapping[str, Mapping[str, Any]], *, now: datetime, accepts: int | None = None
) -> tuple[Stranded, ...]:
    """Set some keys of some entries to what a file would say; None or nothing for a key that it would not have.

    Returns the appointments that it strands. Raises NotFound, Forbidden, SharedClerk, Invalid (pointers begin with the
    entry: ``/platz-1/concerns``) and Strands, where they are more than ``accepts``. Then nothing is changed.
    """
    change = begin_change(by, now=now)
    rows = stored_rows(change.town)
    faults: list[Fault] = []
    changed = [
        _edit(by, Place(change, rows, section, key), edits[key], faults=faults, now=now) for key in sorted(edits)
    ]
    if faults:
        raise Invalid(*faults)
    return end_change(change, accepts=accepts) if any(changed) else ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands, under the town's lock."""

    change: Change
    rows: Rows
    section: str
    key: str

    @property
    def row(self) -> Row:
        """The entry's row. Raises NotFound."""
        try:
            return self.rows[self.section][self.key]
        except KeyError:
            raise NotFound(DEFINITIONS[self.section]) from None


def _edit(by: Actor, at: Place, fields: Mapping[str, Any], *, faults: list[Fault], now: datetime) -> bool:
    """Write what differs, and say whether anything does; faults are added to the list."""
    row, known = at.row, Known(at.rows)
    before = canonical(read_entry(at.section, row, known))
    after = canonical({**before, **fields})
    changed = {name for name in fields if before.get(name) != after.get(name)}
    if not changed:
        return False
    _check_reach(by, at.change, at.section, row, now=now)
    if ADMINS_ONLY & changed and by.role not in ADMINS:
        raise Forbidden
    judged = entry_faults(at.section, at.key, after, language=at.change.town.languages[0])
    found = [each for each in judged if each.pointer.split("/")[1] in changed]
    faults += [Fault(f"/{at.key}{each.pointer}", each.key, each.values) for each in found]
    if not found:
        write_fields(at.section, row, {name: after.get(name) for name in changed}, known)
        _check_reach(by, at.change, at.section, row, now=now)  # nor may it get where they do not manage
        subject = f"{DEFINITIONS[at.section]} {at.key}"
        record(by, "edited", subject, now=now, office=by.office, fields=sorted(changed))
    return True


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
