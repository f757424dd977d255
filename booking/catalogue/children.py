"""The lists inside an entry: offers and checklist of a concern, blocks and concerns of a clerk."""

from datetime import date
from typing import Any

from booking.catalogue.entries import Entry, canonical
from booking.catalogue.fields import Field, Known
from booking.catalogue.formats import parse_hours
from booking.catalogue.staffing import WEEKDAYS
from booking.models import Block, Clerk, Concern, ConcernDocument, ConcernOffice


def _read_offers(row: Concern, known: Known) -> list[Entry]:
    keys = ("minutes", "extra_minutes", "online", "staff")
    return [
        {"office": known.slug("offices", offer.office_id), **{key: getattr(offer, key) for key in keys}}
        for offer in row.offices
    ]


def _write_offers(row: Concern, value: Any, known: Known) -> None:
    present = {offer.office_id: offer for offer in row.offices}
    offers = []
    for entry in value or []:
        office = known.row("offices", entry["office"]).id
        offer = present.get(office) or ConcernOffice(office_id=office)
        offer.minutes, offer.extra_minutes = entry.get("minutes"), entry.get("extra_minutes")
        offer.online, offer.staff = entry["online"], entry["staff"]
        offers.append(offer)
    row.offices = offers


def _read_items(row: Concern, _known: Known) -> list[Entry]:
    return [
        {
            "document": line.document.slug,
            "required": "always" if line.required else "conditional",
            "per_unit": line.per_unit,
            "when": line.when,
            "note": line.note,
        }
        for line in sorted(row.documents, key=lambda line: line.position)
    ]


def _write_items(row: Concern, value: Any, known: Known) -> None:
    present = {line.document_id: line for line in row.documents}
    lines = []
    for position, entry in enumerate(value or []):
        document = known.row("documents", entry["document"])
        line = present.get(document.id) or ConcernDocument(document=document)
        line.position, line.required = position, entry["required"] == "always"
        line.per_unit, line.when, line.note = entry.get("per_unit", False), entry.get("when", {}), entry.get("note", {})
        lines.append(line)
    row.documents = lines


def _read_handled(row: Clerk, _known: Known) -> str | list[str]:
    return "all" if row.all_concerns else [concern.slug for concern in row.concerns]


def _write_handled(row: Clerk, value: Any, known: Known) -> None:
    row.all_concerns = value == "all"
    row.concerns = [] if row.all_concerns else [known.row("concerns", slug) for slug in value or []]


def _read_blocks(row: Clerk, known: Known) -> list[Entry]:
    return [block_entry(block, known) for block in row.blocks]


def block_entry(block: Block, known: Known) -> Entry:
    """Return a block as the file would say it, with all its keys, not yet canonical."""
    when = {"weekday": WEEKDAYS[block.weekday]} if block.weekday is not None else {"date": str(block.date)}
    return {
        "office": known.slug("offices", block.office_id),
        **when,
        "hours": f"{block.start:%H:%M}-{block.end:%H:%M}",
        "kind": block.kind,
        "concerns": [concern.slug for concern in block.concerns],
        "every_weeks": block.every_weeks,
        "valid_from": block.valid_from and str(block.valid_from),
        "valid_to": block.valid_to and str(block.valid_to),
    }


def _write_blocks(row: Clerk, value: Any, known: Known) -> None:
    """Blocks have no ids: those that the file still has stay, the others go."""
    present = [(canonical(block_entry(block, known)), block) for block in row.blocks]
    blocks = []
    for entry in value or []:
        match = next((found for found in present if found[0] == entry), None)
        if match:
            present.remove(match)
        blocks.append(match[1] if match else _new_block(entry, known))
    row.blocks = blocks


def _new_block(entry: Entry, known: Known) -> Block:
    start, end = parse_hours(entry["hours"])
    return Block(
        office_id=known.row("offices", entry["office"]).id,
        weekday=WEEKDAYS.index(entry["weekday"]) if "weekday" in entry else None,
        date=_date(entry.get("date")),
        start=start,
        end=end,
        kind=entry["kind"],
        every_weeks=entry.get("every_weeks", 1),
        valid_from=_date(entry.get("valid_from")),
        valid_to=_date(entry.get("valid_to")),
        concerns=[known.row("concerns", slug) for slug in entry.get("concerns", [])],
    )


def _date(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


OFFERS = Field(_read_offers, _write_offers)
ITEMS = Field(_read_items, _write_items)
HANDLED = Field(_read_handled, _write_handled)
BLOCKS = Field(_read_blocks, _write_blocks)
