"""Rows of a day → its entries: what is shown of each, and which steps it may take."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from booking.actions.day_rows import DayRows
from booking.rules.catalogue import Catalogue
from booking.rules.days import Entry, Purpose, WayBack
from booking.rules.lifecycle import Status, Verb
from booking.rules.marks import steps_of, undoes
from booking.rules.spans import Span, round_up_to_grid
from booking.rules.stranding import CAN_STRAND, Placed, why_stranded


class Look(NamedTuple):
    """How a day is looked at: with which catalogue, which day and today, at what moment."""

    catalogue: Catalogue
    days: tuple[date, date]
    now: datetime


def entries_of(rows: DayRows, catalogue: Catalogue, day: date, *, now: datetime) -> list[Entry]:
    """Return a day's appointments in the order of the rows."""
    look = Look(catalogue, (day, now.astimezone(catalogue.zone).date()), now)
    return [_entry(row, rows, look) for row in rows.appointments]


def _entry(row: Row[Any], rows: DayRows, look: Look) -> Entry:
    catalogue, days, now = look
    status = Status(row.status)
    office = catalogue.office(row.office_id)
    waits = row.start is None
    clerks, concerns = rows.clerks.get(row.id, ()), rows.concerns.get(row.id, ())
    return Entry(
        id=row.id,
        reference=row.reference,
        number=row.number,
        status=status,
        start=row.start,
        end=row.end,
        arrived_at=row.arrived_at,
        called_at=row.called_at,
        serving_at=row.serving_at,
        served_at=row.served_at,
        confirm_by=row.confirm_by,
        clerks=tuple(at.clerk_id for at in clerks),
        after=tuple(at.after_minutes for at in clerks),
        concerns=tuple(Purpose(at.name, at.quantity, catalogue.concern(at.concern_id).discreet) for at in concerns),
        minutes=round_up_to_grid(sum(at.minutes for at in concerns)),
        name=row.name,
        email=row.email,
        phone=row.phone,
        answers=tuple((at.label, at.text) for at in rows.answers.get(row.id, ())),
        channel=row.channel,
        language=row.language,
        note=row.note,
        is_undeliverable=bool(row.mail_failure),
        is_hold=row.is_hold,
        is_stranded=not waits and status in CAN_STRAND and _is_stranded(row, rows, catalogue),
        steps=steps_of(status, office, days=days, has_begun=waits or row.start <= now, waits=waits),
        undo=_undo(row, rows, status, days),
        is_unanswered=row.is_unanswered and status is Status.CONFIRMED,
        is_declined=row.declined_sequence == row.sequence and status is Status.CONFIRMED,
    )


def _undo(row: Row[Any], rows: DayRows, status: Status, days: tuple[date, date]) -> WayBack | None:
    mark = rows.marks.get(row.id)
    if mark is None or days[0] != days[1] or not undoes(Verb(mark.verb), status, waits=row.start is None):
        return None
    return WayBack(mark.id, Verb(mark.verb))


def _is_stranded(row: Row[Any], rows: DayRows, catalogue: Catalogue) -> bool:
    placed = Placed(
        office=row.office_id,
        span=Span(row.start, row.end),
        clerks=tuple(at.clerk_id for at in rows.clerks.get(row.id, ())),
        concerns=frozenset(at.concern_id for at in rows.concerns.get(row.id, ())),
        is_extra=row.outside_blocks,
    )
    return why_stranded(catalogue.timetable, placed) is not None
