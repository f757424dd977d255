"""Adding, changing, ending and removing blocks: when a clerk receives whom, every week or on one date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from booking.actions.audit import record
from booking.actions.changing import Change, begin_change, clerk_within_reach, end_change
from booking.actions.transaction import reads, writes
from booking.catalogue.applying import Rows, stored_rows
from booking.catalogue.children import block_entry
from booking.catalogue.editing import block_faults
from booking.catalogue.entries import Entry, canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import write_fields
from booking.catalogue.stranding import Stranded
from booking.errors import Fault, Invalid, NotFound
from booking.extensions import db
from booking.models import Block, Clerk, Municipality
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class BlockAt:
    """A stored block: its id, the slug of its clerk, and what a catalogue file would say of it."""

    id: int
    clerk: str
    entry: Entry


class Slot(NamedTuple):
    """Whose block (the slug of a clerk), and which by its id; None: a new one."""

    clerk: str
    block: int | None = None


@reads
def blocks_of(by: Actor, *clerks: str) -> Sequence[BlockAt]:
    """Return all blocks of some clerks (by slug), whatever the office, by clerk, day and hour."""
    rows = stored_rows(db.session.get(Municipality, by.municipality))
    known = Known(rows)
    return [block for slug, row in rows["clerks"].items() if slug in clerks for block in _stored(row, known)]


@dataclass(frozen=True, slots=True)
class Hours:
    """The blocks of one clerk while they are changed, under the town's lock."""

    by: Actor
    change: Change
    rows: Rows
    clerk: Clerk
    blocks: Sequence[BlockAt]

    def write(
        self, kept: Sequence[Entry], added: Sequence[Entry], *, now: datetime, accepts: int
    ) -> tuple[Stranded, ...]:
        """Let the clerk have these blocks and no others. Raises Invalid about the added ones, Strands."""
        entries = [*kept, *map(canonical, added)]
        self._check([*range(len(kept), len(entries))], entries)
        write_fields("clerks", self.clerk, {"blocks": entries}, Known(self.rows))
        subject = f"clerk {self.clerk.slug}"
        record(self.by, "blocks-changed", subject, now=now, office=self.by.office, blocks=len(entries))
        return end_change(self.change, accepts=accepts, clerks=[self.clerk.id])

    def without(self, block: int | None) -> tuple[list[Entry], Entry]:
        """Return all other blocks, and this one. Raises NotFound."""
        found = next((one.entry for one in self.blocks if one.id == block), None)
        if found is None:
            raise NotFound("block")
        return [one.entry for one in self.blocks if one.id != block], found

    def _check(self, added: Sequence[int], entries: Sequence[Entry]) -> None:
        """Pointers count from the first added block on."""
        first = len(entries) - len(added)
        faults = [
            Fault("/" + "/".join([str(int(place) - first), *rest]), fault.key, fault.values)
            for fault in block_faults(entries, added)
            for _, place, *rest in [fault.pointer.split("/")]
        ]
        for place in added:
            faults += self._beyond_reach(entries[place], place - first)
        if faults:
            raise Invalid(*faults)

    def _beyond_reach(self, entry: Entry, place: int) -> list[Fault]:
        """Nobody gives a clerk hours at an office that they do not manage."""
        office = self.rows["offices"].get(entry.get("office", ""))
        unknown = [slug for slug in entry.get("concerns", []) if slug not in self.rows["concerns"]]
        faults = [Fault(f"/{place}/concerns", "choose")] if unknown else []
        if office is None or not self.by.reaches(self.change.town.id, office.id):
            faults.append(Fault(f"/{place}/office", "choose"))
        return faults


@writes
def save_blocks(
    by: Actor, slot: Slot, entries: Sequence[Entry], *, since: date | None, now: datetime, accepts: int = 0
) -> tuple[Stranded, ...]:
    """Add blocks as a file would say them, or let them take the place of the slot's, always or from a day on.

    Raises Invalid (pointers ``/0/hours`` …), NotFound, SharedClerk, and Strands for more than ``accepts`` appointments.
    """
    hours = _open(by, slot.clerk, now=now)
    if slot.block is None:
        return hours.write([one.entry for one in hours.blocks], entries, now=now, accepts=accepts)
    kept, replaced = hours.without(slot.block)
    begins = {} if since is None else {"valid_from": str(since)}
    added = [{**entry, **begins} for entry in entries]
    return hours.write([*kept, *_until(replaced, since)], added, now=now, accepts=accepts)


@writes
def remove_block(by: Actor, slot: Slot, *, since: date | None, now: datetime, accepts: int = 0) -> tuple[Stranded, ...]:
    """Remove a block, or (weekly ones) let it end before a day. Raises NotFound, SharedClerk, Strands."""
    hours = _open(by, slot.clerk, now=now)
    kept, removed = hours.without(slot.block)
    return hours.write([*kept, *_until(removed, since)], [], now=now, accepts=accepts)


@writes
def save_day(
    by: Actor, clerk: str, day: date, entries: Sequence[Mapping[str, Any]], *, now: datetime, accepts: int = 0
) -> tuple[Stranded, ...]:
    """Give a clerk other hours on one date, instead of all its weekly ones; no entries: the weekly ones again.

    Raises Invalid (pointers ``/0/hours`` …), NotFound, SharedClerk, Strands.
    """
    hours = _open(by, clerk, now=now)
    kept = [one.entry for one in hours.blocks if one.entry.get("date") != str(day)]
    added = [{**entry, "date": str(day)} for entry in entries]
    return hours.write(kept, added, now=now, accepts=accepts)


def _open(by: Actor, clerk: str, *, now: datetime) -> Hours:
    change = begin_change(by, now=now)
    row = clerk_within_reach(by, clerk, today=now.astimezone(ZoneInfo(change.town.timezone)).date())
    rows = stored_rows(change.town)
    return Hours(by, change, rows, row, _stored(row, Known(rows)))


def _stored(row: Clerk, known: Known) -> list[BlockAt]:
    return [_at(row, block, known) for block in sorted(row.blocks, key=_by_day)]


def _at(row: Clerk, block: Block, known: Known) -> BlockAt:
    return BlockAt(block.id, row.slug, canonical(block_entry(block, known)))


def _by_day(block: Block) -> tuple[object, ...]:
    return (block.date is not None, block.date or block.weekday, block.start, block.id)


def _until(entry: Entry, since: date | None) -> list[Entry]:
    """A weekly block that ends before a day; nothing if it would never have been, or is to go at once (None)."""
    if since is None:
        return []
    last = str(since - timedelta(days=1))
    if "date" in entry or last < entry.get("valid_from", ""):
        return []
    return [{**entry, "valid_to": min(last, entry.get("valid_to", last))}]
