"""Abuse mode: it switches itself on at an office whose bookings leave the usual band, and lapses by itself.

What decides is written with each booking, under its office's lock: all workers and machines agree, no job is needed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, delete, select

from booking.extensions import choose_insert, db
from booking.models import Guard, Traffic, UsedProof
from booking.rules.surges import (
    CALM,
    WEEK,
    WEEKS,
    hour_of,
    hours_to_compare,
    limit_over,
    needs_writing,
    prolongs,
    usual,
)

log = logging.getLogger(__name__)
BANDS, MOST_BANDS = "bands", 4096
BOOKED, LAPSED = "booked", "lapsed"
LAPSED_PART = 2  # unconfirmed bookings are suspicious from half as many on: people confirm
_traffic, _guards = (table.metadata.tables[table.__tablename__] for table in (Traffic, Guard))
_UNTIL = select(_guards.c.until).where(_guards.c.office_id == bindparam("office"))


def guarded_until(office: int, now: datetime) -> datetime | None:
    """Return until when an office (by id) is in abuse mode, or None: it is not."""
    until: datetime | None = db.session.connection().execute(_UNTIL, {"office": office}).scalar()
    return until if until is not None and until > now else None


def note_booking(office: int, floor: int, *, until: datetime | None, now: datetime) -> None:
    """Count a booking, and begin or prolong abuse mode if that is too many; ``until`` is what the guard says now."""
    count = _add(BOOKED, 1, office=office, hour=hour_of(now))
    _decide(BOOKED, count, office=office, floor=floor, until=until, now=now)


def note_lapses(office: int, ends: Iterable[datetime], floor: int, *, now: datetime) -> None:
    """Count bookings that nobody confirmed, likewise, each in the hour in which its time to be confirmed ended.

    Only the present hour decides: what a job finds that was away for days did not happen just now.
    """
    for hour, number in sorted(Counter(map(hour_of, ends)).items()):
        count = _add(LAPSED, number, office=office, hour=hour)
        if hour == hour_of(now):
            until = guarded_until(office, now)
            _decide(LAPSED, count, office=office, floor=floor // LAPSED_PART, until=until, now=now)


def forget_traffic(now: datetime) -> None:
    """Drop counts that no band looks at any more, and solved proofs that have lapsed anyway."""
    oldest = hour_of(now) - (WEEKS + 1) * WEEK
    db.session.execute(delete(Traffic).where(Traffic.hour < oldest))
    db.session.execute(delete(UsedProof).where(UsedProof.until <= now))


def _add(what: str, number: int, *, office: int, hour: int) -> int:
    asked = {"office_id": office, "hour": hour, "booked": 0, "lapsed": 0, what: number}
    return int(db.session.connection().execute(_counting(choose_insert(), what), asked).scalar_one())


def _decide(what: str, count: int, *, office: int, floor: int, until: datetime | None, now: datetime) -> None:
    is_on = until is not None and until > now
    if not prolongs(count, floor, is_on=is_on) or not needs_writing(until if is_on else None, now):
        return  # nearly always: the floor alone says that nothing is wrong
    if prolongs(count, limit_over(_usual(what, office, hour_of(now)), floor), is_on=is_on):
        _switch_on(office, is_on=is_on, now=now)


@cache
def _counting(insert: Callable[[Any], Any], what: str) -> Any:
    """Build the statement once: putting it together costs more than running it."""
    row = insert(_traffic)
    sums = {name: _traffic.c[name] + row.excluded[name] for name in (BOOKED, LAPSED)}
    row = row.on_conflict_do_update(index_elements=["office_id", "hour"], set_=sums)
    return row.returning(_traffic.c[what])


def _usual(what: str, office: int, hour: int) -> int:
    """Return what is usual; past hours do not change, so each process reads them once an hour and office."""
    bands: dict[tuple[str, int, int], int] = current_app.extensions.setdefault(BANDS, {})
    key = (what, office, hour)
    if key not in bands:
        if len(bands) >= MOST_BANDS:
            bands.clear()
        query = select(_traffic.c.hour, _traffic.c[what]).where(
            _traffic.c.office_id == office, _traffic.c.hour.in_(hours_to_compare(hour))
        )
        bands[key] = usual(hour, {at: count for at, count in db.session.execute(query)})  # noqa: C416 - no tuples to mypy
    return bands[key]


def _switch_on(office: int, *, is_on: bool, now: datetime) -> None:
    insert = choose_insert()
    row = insert(_guards).values(office_id=office, since=now, until=now + CALM)
    changed = {"until": row.excluded.until} | ({} if is_on else {"since": row.excluded.since})
    db.session.execute(row.on_conflict_do_update(index_elements=["office_id"], set_=changed))
    if not is_on:
        log.warning("office %d: more bookings than usual, abuse mode begins", office)
