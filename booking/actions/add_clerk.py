"""Add a clerk: a workplace, without hours yet, that handles everything until somebody says otherwise."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from booking.actions.audit import record
from booking.actions.changing import begin_change, end_change
from booking.actions.transaction import writes
from booking.catalogue.applying import stored_rows
from booking.catalogue.editing import entry_faults
from booking.catalogue.entries import canonical
from booking.catalogue.fields import Known
from booking.catalogue.rows import TABLES, write_fields
from booking.errors import Invalid
from booking.extensions import db
from booking.models import Clerk
from booking.rules.roles import Actor

SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
LONGEST = 56
RESERVED = frozenset({"new"})  # the address of the forms for a new one


@writes
def add_clerk(by: Actor, fields: Mapping[str, Any], *, now: datetime) -> str:
    """Add a clerk with the keys that a file would have, and return its slug, made of its name. Raises Invalid.

    Working nowhere yet, it belongs to no office: who manages one gives it hours there.
    """
    change = begin_change(by, now=now)
    rows = stored_rows(change.town)
    entry = canonical({"concerns": "all", **fields})
    slug = slug_of(next(iter(entry.get("name", {}).values()), ""), rows["clerks"])
    if faults := entry_faults("clerks", slug, entry, language=change.town.languages[0]):
        raise Invalid(*faults)
    row = Clerk(municipality_id=change.town.id, slug=slug, position=len(rows["clerks"]))
    write_fields("clerks", row, {**dict.fromkeys(TABLES["clerks"].fields), **entry}, Known(rows))
    db.session.add(row)
    record(by, "clerk-added", f"clerk {slug}", now=now, office=by.office)
    end_change(change, clerks=[])
    return slug


def slug_of(name: str, taken: Collection[str]) -> str:
    """Return a name for programs that nobody has yet: ``Bürgerbüro Platz 2`` becomes ``buergerbuero-platz-2``."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(SPELT)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-") or "platz"
    return next(tried for tried in _numbered(slug) if tried not in {*taken, *RESERVED})


def _numbered(slug: str) -> Iterator[str]:
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1
