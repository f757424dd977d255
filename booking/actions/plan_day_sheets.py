"""Write down which office is to be mailed which day's sheet: once for each, however many job processes run."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import delete, exists, select

from booking.actions.catalogues import all_catalogues
from booking.actions.letters import mail_domain
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import DaySheet, Office
from booking.rules.catalogue import Catalogue
from booking.rules.opening_days import day_due

KEPT = timedelta(days=30)  # the address is a member of staff's; managers see for so long what became of it


def plan_day_sheets(*, now: datetime) -> int:
    """Write a row for every office that wants tomorrow's sheet and has none yet; return how many."""
    return sum(_plan(office, day, domain, now=now) for office, day, domain in _due(now))


def forget_day_sheets(now: datetime) -> None:
    """Drop what was mailed long ago."""
    db.session.execute(delete(DaySheet).where(DaySheet.day < (now - KEPT).date()))


@reads
def _due(now: datetime) -> list[tuple[int, date, str]]:
    wanting = set(db.session.scalars(select(Office.id).where(Office.day_sheet_to != "", Office.active)))
    found = [_due_at(catalogue, office.id, now) for catalogue in _with(wanting) for office in catalogue.open_offices]
    due = [at for at in found if at is not None and at[0] in wanting and not _is_planned(at[0], at[1])]
    db.session.rollback()
    return due


def _with(offices: set[int]) -> list[Catalogue]:
    return all_catalogues() if offices else []


def _due_at(catalogue: Catalogue, office: int, now: datetime) -> tuple[int, date, str] | None:
    day = day_due(catalogue.timetable, office, now)
    return (office, day, mail_domain(catalogue)) if day else None


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
