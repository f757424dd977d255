"""The day schedule: everything that an office's counter has to know of one day, in a constant number of queries."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from booking.actions.catalogues import catalogue_at, state_of
from booking.actions.day_entries import entries_of
from booking.actions.day_rows import DayRows, load_day, load_elsewhere
from booking.actions.desks import day_bounds
from booking.actions.staff_sessions import PlaceState
from booking.actions.transaction import reads
from booking.rules.blocks import blocks_on, closed_spans
from booking.rules.catalogue import Catalogue, Clerk, Office
from booking.rules.days import GONE, Day, Elsewhere, Taken, column_of
from booking.rules.spans import Span


@reads
def day_schedule(town: str, office: str, day: date, *, now: datetime) -> Day:
    """Return an office's day. Raises NotFound (municipality, office), Unavailable."""
    state = state_of(town)
    catalogue = catalogue_at(town, state)
    place = catalogue.office(office)
    between = day_bounds(catalogue, day)
    rows = load_day(place.id, between, now=now)
    entries = entries_of(rows, catalogue, day, now=now)
    clerks = _clerks(catalogue, place, day, rows)
    active = [entry for entry in entries if entry.status not in GONE]
    elsewhere = load_elsewhere(place.id, [clerk.id for clerk in clerks], between, now=now)
    taken = Taken(active, _elsewhere(catalogue, elsewhere))
    return Day(
        office=place,
        date=day,
        columns=tuple(column_of(catalogue.timetable, clerk, (place.id, day), taken) for clerk in clerks),
        waiting=tuple(entry for entry in active if entry.start is None),
        gone=tuple(entry for entry in entries if entry.status in GONE),
        closures=tuple(closed_spans(catalogue.timetable, place.id, day)),
        holiday=catalogue.holidays.get(day),
        version=day_version(PlaceState(place.id, state.versions.get(place.id, 0), state.revision)),
    )


def day_version(state: PlaceState) -> str:
    """Return what changes whenever a page of this office may be out of date; costs no query."""
    return f"{state.revision}.{state.version}"


def _clerks(catalogue: Catalogue, office: Office, day: date, rows: DayRows) -> list[Clerk]:
    """Return who works here on this day, and whoever has an appointment though it works here no more."""
    here = {block.clerk for block in blocks_on(catalogue.blocks, day) if block.office == office.id}
    booked = {row.clerk_id: row for several in rows.clerks.values() for row in several}
    known = {clerk.id for clerk in catalogue.clerks}
    left = [Clerk(key, row.slug, row.name, 0, None) for key, row in sorted(booked.items()) if key not in known]
    return [clerk for clerk in catalogue.clerks if clerk.id in here or clerk.id in booked] + left


def _elsewhere(catalogue: Catalogue, rows: Sequence[Row[Any]]) -> dict[int, list[Elsewhere]]:
    found: dict[int, list[Elsewhere]] = {}
    for row in rows:
        end = row.end + timedelta(minutes=row.after_minutes)
        found.setdefault(row.clerk_id, []).append(Elsewhere(catalogue.office(row.office_id).name, Span(row.start, end)))
    return {clerk: sorted(several, key=lambda at: at.span) for clerk, several in found.items()}
