"""Entering, changing and removing closures of an office or of the whole municipality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.actions.audit import record
from booking.actions.changing import Change, begin_change, end_change
from booking.actions.transaction import reads, writes
from booking.catalogue.applying import Rows, stored_rows
from booking.catalogue.checking import closure_key
from booking.catalogue.editing import entry_faults
from booking.catalogue.entries import Entry, canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import read_entry, write_fields
from booking.catalogue.stranding import Stranded
from booking.errors import Fault, Forbidden, Invalid, NotFound
from booking.extensions import db
from booking.models import Closure, Municipality
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class ClosureAt:
    """A stored closure: its id, its office (None: everywhere), and what a catalogue file would say of it."""

    id: int
    office: int | None
    entry: Entry


@reads
def closures_of(by: Actor, *, now: datetime) -> Sequence[ClosureAt]:
    """Return the closures of the municipality that are not over: dated ones by day, then those of every year."""
    town = db.session.get(Municipality, by.municipality)
    if town is None:
        raise NotFound("municipality")
    today = now.astimezone(ZoneInfo(town.timezone)).date()
    rows = stored_rows(town)
    found = [row for row in rows["closures"].values() if row.active and (row.last is None or row.last >= today)]
    found.sort(key=lambda row: (row.first is None, row.first or date.min, row.month_day or "", row.id))
    return [ClosureAt(row.id, row.office_id, canonical(read_entry("closures", row, Known(rows)))) for row in found]


@writes
def save_closure(
    by: Actor, entry: Mapping[str, Any], *, closure: int | None = None, now: datetime, accepts: int | None = None
) -> tuple[Stranded, ...]:
    """Enter a closure as a file would say it, or (``closure``, an id) change one. Return what it strands.

    Raises Invalid (pointers ``/date`` …), NotFound, Forbidden, Strands for more than ``accepts`` (None: never).
    """
    change = begin_change(by, now=now)
    rows = stored_rows(change.town)
    old = _within_reach(by, closure, change) if closure is not None else None
    wanted = canonical(entry)
    _check(by, wanted, rows, change)
    key = closure_key(wanted)
    same = rows["closures"].get(key)
    if same is not None and same.active and same is not old:
        raise Invalid(Fault("/name", "closure-exists"))
    row = same or Closure(municipality_id=change.town.id)
    known = Known(rows)
    write_fields("closures", row, {**dict.fromkeys(read_entry("closures", row, known)), **wanted}, known)
    db.session.add(row)
    if old is not None and old is not row:
        _drop(old)
    db.session.flush()
    record(by, "closure-saved", f"closure {row.id}", now=now, office=row.office_id, **_when(wanted))
    return end_change(change, accepts=accepts)


@writes
def remove_closure(by: Actor, closure: int, *, now: datetime) -> None:
    """Let the office be open again. Raises NotFound, Forbidden."""
    change = begin_change(by, now=now)
    row = _within_reach(by, closure, change)
    record(by, "closure-removed", f"closure {closure}", now=now, office=row.office_id)
    _drop(row)
    end_change(change, clerks=[])


def _when(entry: Entry) -> dict[str, Any]:
    """Return when it is shut, as the audit log keeps it."""
    first, last = entry.get("from", entry.get("date")), entry.get("to", entry.get("date"))
    told = {"every": entry.get("every"), "first": first, "last": last, "hours": entry.get("hours")}
    return {name: value for name, value in told.items() if value}


def _within_reach(by: Actor, closure: int, change: Change) -> Closure:
    row = db.session.get(Closure, closure)
    if row is None or row.municipality_id != change.town.id or not row.active:
        raise NotFound("closure")
    if not by.reaches(change.town.id, row.office_id):
        raise Forbidden
    return row


def _check(by: Actor, entry: Entry, rows: Rows, change: Change) -> None:
    office = rows["offices"].get(entry["office"]) if "office" in entry else None
    if "office" in entry and office is None:
        raise NotFound("office")
    if not by.reaches(change.town.id, office.id if office is not None else None):
        raise Forbidden
    if faults := entry_faults("closures", "", entry, language=change.town.languages[0]):
        raise Invalid(*faults)


def _drop(row: Closure) -> None:
    """One that a file set stays, switched off: the file would bring it back."""
    if row.origin:
        row.active = False
    else:
        db.session.delete(row)
