"""Write down which office is to be mailed which day's sheet: once for each, however many job processes run."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import delete, exists, select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.letters import mail_domain
from booking.actions.one_by_one import one_by_one
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import DaySheet, Municipality, Office
from booking.rules.opening_days import day_due

KEPT = timedelta(days=30)  # the address is a member of staff's; managers see for so long what became of it


def plan_day_sheets(*, now: datetime) -> int:
    """Write a row for every office that wants tomorrow's sheet and has none yet; return how many.

    Raises ExceptionGroup after the last one if it failed at some, and Unavailable.
    """
    return sum(one_by_one(_wanting(), lambda at: _plan_at(*at, now)))


def forget_day_sheets(now: datetime) -> None:
    """Drop what was mailed long ago."""
    db.session.execute(delete(DaySheet).where(DaySheet.day < (now - KEPT).date()))


@reads
def _wanting() -> list[tuple[int, int]]:
    mine = select(Office.municipality_id, Office.id).join(Municipality, Municipality.id == Office.municipality_id)
    wanting = mine.where(Office.day_sheet_to != "", Office.active, Municipality.active).order_by(Office.id)
    return [(municipality, office) for municipality, office in db.session.execute(wanting)]


def _plan_at(municipality: int, office: int, now: datetime) -> bool:
    due = _due_at(municipality, office, now)
    return due is not None and _plan(office, *due, now=now)


@reads
def _due_at(municipality: int, office: int, now: datetime) -> tuple[date, str] | None:
    """Return the day whose sheet is due and not planned yet, and the domain that mails it."""
    catalogue = catalogue_by_id(municipality)
    day = day_due(catalogue.timetable, office, now)
    due = None if day is None or _is_planned(office, day) else (day, mail_domain(catalogue))
    db.session.rollback()
    return due


def _is_planned(office: int, day: date) -> bool:
    return bool(db.session.scalar(select(exists().where(DaySheet.office_id == office, DaySheet.day == day))))


@writes
def _plan(office: int, day: date, domain: str, *, now: datetime) -> bool:
    """Write the row, unless another process has (then its key refuses ours, and the second look sees theirs)."""
    address = db.session.scalar(select(Office.day_sheet_to).where(Office.id == office))
    if not address or _is_planned(office, day):
        return False
    message_id = f"<{uuid.uuid4()}@{domain}>"
    db.session.add(DaySheet(office_id=office, day=day, address=address, message_id=message_id, next_at=now))
    return True
