"""Check a catalogue file, load it into the tables, or write the tables out as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from sqlalchemy import select

from booking.actions.locking import lock_town, raise_revision
from booking.actions.transaction import reads, writes
from booking.catalogue import CatalogueFaults, read_catalogue_file
from booking.catalogue.applying import apply
from booking.catalogue.entries import entries_of
from booking.catalogue.exporting import export_text
from booking.catalogue.merging import Change, Conflict
from booking.catalogue.stranding import Stranded, outside_hours, upcoming
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Municipality
from booking.models.reading import read_catalogue
from booking.rules.colours import remarks_on

__all__ = [
    "CatalogueFaults", "Change", "Checked", "Conflict", "Exported", "Report", "check_catalogue", "export_catalogue",
    "load_catalogue",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What a load did or, as a dry run, would do.

    ``conflicts`` were kept as edited in the application; ``stranded`` are the appointments outside the new hours.
    """

    municipality: str
    changes: Sequence[Change]
    conflicts: Sequence[Conflict]
    stranded: Sequence[Stranded]
    dry_run: bool


class Checked(NamedTuple):
    """The id of a municipality whose file is in order, and sentences on what the pages will make of it."""

    municipality: str
    remarks: Sequence[str]


class Exported(NamedTuple):
    """A catalogue as text, and the picture that belongs beside it: its name and content, both empty without one."""

    text: str
    logo_file: str
    logo: bytes


def check_catalogue(content: bytes, folder: Path | None = None) -> Checked:
    """Check a file (and the logo in its folder) without looking at the database. Raises CatalogueFaults."""
    town = cast("dict[str, Any]", read_catalogue_file(content, folder).data)["municipality"]
    return Checked(str(town["id"]), tuple(remarks_on(town.get("colour", ""))))


def load_catalogue(
    content: bytes, folder: Path | None = None, *, now: datetime, dry_run: bool = False, force: bool = False
) -> Report:
    """Bring the tables to what the file says, all or nothing; raises CatalogueFaults before anything is read.

    Loading a file twice changes nothing. What was edited in the application since then stays, unless ``force``.
    """
    data = cast("dict[str, Any]", read_catalogue_file(content, folder).data)
    return _load(data, now=now, dry_run=dry_run, force=force)


@reads
def export_catalogue(slug: str) -> Exported:
    """Return the catalogue of a municipality as a file, and its logo; raises NotFound."""
    municipality = db.session.scalars(select(Municipality).where(Municipality.slug == slug)).one_or_none()
    if municipality is None:
        raise NotFound("municipality")
    return Exported(export_text(municipality), municipality.logo.get("file", ""), municipality.logo_content or b"")


@writes
def _load(data: dict[str, Any], *, now: datetime, dry_run: bool, force: bool) -> Report:
    slug = data["municipality"]["id"]
    municipality = lock_town(slug)
    appointments = upcoming(municipality, now) if municipality else []
    before = outside_hours(read_catalogue(municipality), appointments) if municipality else []
    outcome = apply(municipality, entries_of(data), force=force)
    after = outside_hours(read_catalogue(municipality), appointments) if municipality else []
    if outcome.changes:
        raise_revision(slug)
    if dry_run:
        db.session.rollback()
    return Report(
        municipality=slug,
        changes=tuple(outcome.changes),
        conflicts=tuple(outcome.conflicts),
        stranded=tuple(one for one in after if one not in before),
        dry_run=dry_run,
    )
