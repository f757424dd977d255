"""The stored catalogue of a municipality as a file, such that loading it again changes nothing."""

from typing import Any

from booking.catalogue.applying import stored_entries, stored_rows
from booking.catalogue.entries import Entry
from booking.catalogue.rows import TABLES
from booking.catalogue.writing import write_yaml
from booking.models import Municipality

HEAD = """\
# yaml-language-server: $schema=booking/catalogue/schema.json
#
# Written by `catalogue export` from what is stored. Comments of the file that was loaded are not kept.

"""


def export_text(municipality: Municipality) -> str:
    """Return the whole catalogue as YAML, what is switched off included."""
    entries = stored_entries(stored_rows(municipality))
    document: dict[str, Any] = {"format": "wartefrei-catalogue/1"}
    for name in SECTIONS_IN_FILE:
        listed = [spelt_out(name, key, entry) for key, entry in entries[name].items()]
        document[name] = listed[0] if name == "municipality" else listed
    return HEAD + write_yaml(document)


SECTIONS_IN_FILE = ("municipality", "closures", "offices", "clerks", "documents", "concerns", "referrals")


def spelt_out(name: str, key: str, entry: Entry) -> Entry:
    """Return an entry with its id first, its keys in order, and what a file must have even if it is empty."""
    table = TABLES[name]
    whole = {**table.required, **entry}
    if "logo" in whole:  # its content is a file of its own
        whole["logo"] = {key: whole["logo"][key] for key in ("file", "alt")}
    identity = {} if name == "closures" else {"id": key}
    return {**identity, **{field: whole[field] for field in table.fields if field in whole}}
