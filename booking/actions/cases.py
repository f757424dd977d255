"""Appointments as figures see them: the rows that are there, and the counts of those that are erased."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from booking.actions.explain_day import clerks_of
from booking.extensions import db
from booking.models import Appointment, AppointmentClerk, AppointmentConcern, DayCount, HourCount, LeadCount
from booking.rules.blocks import block_span, blocks_on, closed_spans
from booking.rules.catalogue import Catalogue, Clerk, Office
from booking.rules.counts import UNCONFIRMED
from booking.rules.figures import Case, Kept, OfficeKept, Outcome, Slot
from booking.rules.lifecycle import Status
from booking.rules.spans import Span, subtract
from booking.rules.stranding import RECEIVING

FIELDS = ("id", "office_id", "status", "channel", "start", "end", "arrived_at", "created_at", "called_at", "served_at")
Days = tuple[date, date]
_at = Appointment.metadata.tables[Appointment.__tablename__]


def cases_where(wanted: ColumnElement[bool]) -> Mapping[int, list[Case]]:
    """Return these appointments by office (id): three queries, however many they are."""
    clerks, concerns = _parts(AppointmentClerk, "clerk_id", wanted), _parts(AppointmentConcern, "concern_id", wanted)
    found: dict[int, list[Case]] = defaultdict(list)
    for row in db.session.connection().execute(select(*(_at.c[name] for name in FIELDS)).where(wanted)):
        found[row.office_id].append(_case(row, clerks[row.id], concerns[row.id]))
    return found


def open_hours(catalogue: Catalogue, office: Office, days: Days) -> Mapping[int, Sequence[Span]]:
    """Return when each clerk of an office was there for appointments of any kind."""
    return {clerk.id: _hours_of(catalogue, office, clerk, days) for clerk in clerks_of(catalogue, office)}


def kept_of(offices: Sequence[Office], days: Days) -> Mapping[int, OfficeKept]:
    """Return what was counted of erased appointments on these days, by office (id)."""
    ids = [office.id for office in offices]
    outcomes, ahead, minutes = _outcomes(ids, days), _ahead(ids, days), _minutes(ids, days)
    kept = {}
    for office in ids:
        concerns = {concern for at, concern in outcomes if at == office} - {None}
        kept[office] = OfficeKept(
            total=Kept(outcomes[office, None], ahead[office, None]),
            concerns={key: Kept(outcomes[office, key], ahead[office, key]) for key in concerns if key is not None},
            minutes=minutes[office],
        )
    return kept


def _outcomes(offices: Sequence[int], days: Days) -> Mapping[tuple[int, int | None], Counter[tuple[str, Outcome]]]:
    """By office and concern; None for all concerns together, where everybody counts once."""
    found: dict[tuple[int, int | None], Counter[tuple[str, Outcome]]] = defaultdict(Counter)
    mine = (DayCount.office_id.in_(offices), DayCount.day.between(*days), DayCount.outcome != UNCONFIRMED)
    for row in db.session.scalars(select(DayCount).where(*mine)):
        kind = (row.channel, Outcome(row.outcome))
        found[row.office_id, row.concern_id][kind] += row.mentions
        found[row.office_id, None][kind] += row.appointments
    return found


def _ahead(offices: Sequence[int], days: Days) -> Mapping[tuple[int, int | None], Counter[int]]:
    found: dict[tuple[int, int | None], Counter[int]] = defaultdict(Counter)
    mine = (LeadCount.office_id.in_(offices), LeadCount.day.between(*days))
    for row in db.session.scalars(select(LeadCount).where(*mine)):
        found[row.office_id, row.concern_id][row.days] += row.mentions
        found[row.office_id, None][row.days] += row.appointments
    return found


def _minutes(offices: Sequence[int], days: Days) -> Mapping[int, Counter[Slot]]:
    found: dict[int, Counter[Slot]] = defaultdict(Counter)
    mine = (HourCount.office_id.in_(offices), HourCount.day.between(*days))
    for row in db.session.scalars(select(HourCount).where(*mine)):
        found[row.office_id][row.day.weekday(), row.hour] += row.minutes
    return found


def _parts(table: Any, name: str, wanted: ColumnElement[bool]) -> Mapping[int, list[int]]:
    of = table.metadata.tables[table.__tablename__]
    query = select(of.c.appointment_id, of.c[name]).join_from(of, _at, _at.c.id == of.c.appointment_id).where(wanted)
    found: dict[int, list[int]] = defaultdict(list)
    for appointment, part in db.session.connection().execute(query.order_by(of.c.appointment_id, of.c[name])):
        found[appointment].append(part)
    return found


def _case(row: Row[Any], clerks: list[int], concerns: list[int]) -> Case:
    return Case(
        office=row.office_id,
        status=Status(row.status),
        channel=row.channel,
        span=Span(row.start, row.end) if row.start else None,
        arrived_at=row.arrived_at,
        created_at=row.created_at,
        called_at=row.called_at,
        served_at=row.served_at,
        clerks=tuple(clerks),
        concerns=tuple(concerns),
    )


def _hours_of(catalogue: Catalogue, office: Office, clerk: Clerk, days: Days) -> list[Span]:
    table = catalogue.timetable
    mine = [block for block in table.blocks if block.clerk == clerk.id]
    opened: list[Span] = []
    for step in range((days[1] - days[0]).days + 1):
        day = days[0] + timedelta(days=step)
        here = [block for block in blocks_on(mine, day) if block.office == office.id and block.kind in RECEIVING]
        if here and day not in table.holidays:
            spans = (block_span(block, day, table.zone) for block in here)
            opened += subtract([span for span in spans if span], closed_spans(table, office.id, day))
    return subtract(opened, table.absences.get(clerk.id, ()))
