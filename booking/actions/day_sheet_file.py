"""An office's day sheet as a file's content: which day, and whether with names, as the office has set it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from booking.actions.browse import open_catalogue
from booking.actions.day_sheets import day_sheets_pdf
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Office
from booking.rules.opening_days import day_at_hand


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A PDF, the day that it is of, and whether names stand on it."""

    pdf: bytes
    day: date
    names: bool


def day_sheet_file(place: str, *, now: datetime, day: date | None = None, names: bool | None = None) -> SheetFile:
    """Return the sheet of an office (``municipality.office``).

    Without a day it is today's until its last hours are over, then the next opening day's; without ``names`` the
    office's setting decides. Raises NotFound (municipality, office, day), Unavailable.
    """
    town, _, slug = place.partition(".")
    catalogue = open_catalogue(town)
    office = catalogue.office(slug)
    wanted = day or day_at_hand(catalogue.timetable, office.id, now)
    if wanted is None:
        raise NotFound("day")
    named = _has_names(office.id) if names is None else names
    return SheetFile(day_sheets_pdf(town, slug, wanted, now=now, names=named), wanted, named)


@reads
def _has_names(office: int) -> bool:
    return bool(db.session.scalar(select(Office.day_sheet_names).where(Office.id == office)))
