"""The day on paper: its sheets for the page to print, and the same as a PDF."""

from datetime import date, datetime

from sqlalchemy import select

from booking.actions.browse import open_catalogue
from booking.actions.day_schedule import day_schedule
from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.mail.drawing import draw_apart
from booking.models import Office
from booking.rules.day_sheets import Detail, Sheet, sheet_of_office, sheets_of_clerks

EVERY = "alle"  # in place of a clerk's name: each of them on a page of its own


def day_sheets(town: str, office: str, day: date, *, now: datetime, clerk: str = "", names: bool = True) -> list[Sheet]:
    """Return an office's sheet of a day; one clerk's (by slug), or with ``EVERY`` one for each of them.

    Raises NotFound (municipality, office, clerk), Unavailable.
    """
    catalogue = open_catalogue(town)
    found = day_schedule(town, office, day, now=now)
    detail = Detail(names, phones=names and _wants_phones(found.office.id))
    if not clerk:
        return [sheet_of_office(found, detail, zone=catalogue.zone, now=now)]
    sheets = sheets_of_clerks(found, detail, zone=catalogue.zone, now=now)
    if clerk == EVERY:
        return list(sheets.values()) or [sheet_of_office(found, detail, zone=catalogue.zone, now=now)]
    if clerk not in sheets:
        raise NotFound("clerk")
    return [sheets[clerk]]


def day_sheets_pdf(town: str, office: str, day: date, *, now: datetime, clerk: str = "", names: bool = True) -> bytes:
    """Return the same as a PDF. Raises what ``day_sheets`` raises."""
    return draw_apart(day_sheets(town, office, day, now=now, clerk=clerk, names=names))


@reads
def _wants_phones(office: int) -> bool:
    return bool(db.session.scalar(select(Office.day_sheet_phones).where(Office.id == office)))
