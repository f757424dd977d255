"""The gap a clerk has right now: where somebody without a time is taken in, and how far a visit can be extended."""

from datetime import datetime, timedelta

from sqlalchemy import select

from booking.actions.taking import moments_with, seize
from booking.errors import ClerkBusy, ClerkUnable, Fault, FreeOnlyUntil, Invalid, NotFound, TimeGone
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import AppointmentClerk
from booking.models.cells import next_taken
from booking.rules.catalogue import Catalogue, Clerk
from booking.rules.lifecycle import Status
from booking.rules.secrets import speakable
from booking.rules.spans import GRID_MINUTES, GRID_SECONDS, Span, instant_of, round_up_to_grid
from booking.rules.texts import FALLBACK, word

STEP = timedelta(minutes=GRID_MINUTES)
MOST_MINUTES = 8 * 60
ABOUT = {Status.PENDING: "expected", Status.CONFIRMED: "expected", Status.CHECKED_IN: "here"}
FAR = timedelta(hours=12)  # a clerk who has an appointment for so long has one all day


def take_in(row: Row, catalogue: Catalogue, clerk: int | None, *, now: datetime) -> None:
    """Give somebody who waits the clerk's time from now on, up to what they need or to whoever comes next.

    Outside blocks and within absences too: the clerk who takes somebody is there. It begins with the present cell, or
    with the next one if whoever has just been served still owns this. Raises Invalid (no clerk), NotFound, ClerkUnable,
    ClerkBusy.
    """
    taker = _able(row, catalogue, clerk)
    first = _cell_at(now)
    begin = next((at for at in (first, first + GRID_SECONDS) if not _taken(row, taker.id, at, now=now)), None)
    if begin is None:
        raise _busy(row, catalogue, taker.id, now=now)
    needed = timedelta(minutes=round_up_to_grid(sum(at.minutes for at in row.concerns)) or GRID_MINUTES)
    start = instant_of(begin)
    whole = Span(start, start + needed + timedelta(minutes=taker.after_minutes))
    found = next_taken(taker.id, whole.moments(), now=now, mine=row.id)
    gap = (instant_of(found[0]) if found else whole.end) - start
    row.start, row.end = start, start + min(needed, gap)
    after = min(taker.after_minutes, int((gap - min(needed, gap)).total_seconds()) // 60)
    row.clerks = [AppointmentClerk(clerk_id=taker.id, after_minutes=after)]
    seize(row, catalogue, now)


def lengthen(row: Row, catalogue: Catalogue, minutes: int, *, now: datetime) -> None:
    """Let a visit last longer, by whole cells that nobody owns; one that has overrun its end, from now on.

    Raises Invalid, FreeOnlyUntil.
    """
    if row.start is None or row.end is None or not 0 < minutes <= MOST_MINUTES:
        raise Invalid(Fault("/minutes", "invalid"))
    begin = max(row.end, instant_of(_cell_at(now)))
    end = begin + timedelta(minutes=round_up_to_grid(minutes))
    for at in row.clerks:
        after = timedelta(minutes=at.after_minutes)
        found = next_taken(at.clerk_id, Span(row.start, end + after).moments(), now=now, mine=row.id)
        if found:
            until = instant_of(found[0]) - after
            local = until.astimezone(catalogue.zone)
            raise FreeOnlyUntil(local, speakable(found[1]), is_over=until <= begin)
    row.end = end
    seize(row, catalogue, now)


def who_has(row: Row, catalogue: Catalogue, *, now: datetime) -> TimeGone:
    """Say who owns a part of a row's time: its reference and since when, no name."""
    for at in row.clerks:
        found = next_taken(at.clerk_id, moments_with(row, at), now=now, mine=row.id)
        if found:
            return TimeGone(speakable(found[1]), instant_of(found[0]).astimezone(catalogue.zone))
    return TimeGone("", now.astimezone(catalogue.zone))


def _able(row: Row, catalogue: Catalogue, clerk: int | None) -> Clerk:
    if clerk is None:
        raise Invalid(Fault("/clerk", "required"))
    taker = next((known for known in catalogue.clerks if known.id == clerk), None)
    here = {block.clerk for block in catalogue.blocks if block.office == row.office_id}
    if taker is None or taker.id not in here:
        raise NotFound("clerk")
    able = taker.concerns
    if able is not None and (beyond := [at.name for at in row.concerns if at.concern_id not in able]):
        raise ClerkUnable(", ".join(word(name, FALLBACK) for name in beyond))
    return taker


def _cell_at(now: datetime) -> int:
    return int(now.timestamp()) // GRID_SECONDS * GRID_SECONDS


def _taken(row: Row, clerk: int, moment: int, *, now: datetime) -> tuple[int, str] | None:
    return next_taken(clerk, range(moment, moment + GRID_SECONDS), now=now, mine=row.id)


def _busy(row: Row, catalogue: Catalogue, clerk: int, *, now: datetime) -> ClerkBusy:
    """Say because of whom, until when that one lasts, and whether it has begun at all."""
    first = _cell_at(now)
    owner = _owner(row, clerk, first, now=now)
    if owner.status == Status.SERVED:  # who has gone is in nobody's way: the one after
        first += GRID_SECONDS
        owner = _owner(row, clerk, first, now=now)
    moment = first
    while moment - first < FAR.total_seconds() and _is_taken_by(owner, row, clerk, moment, now=now):
        moment += GRID_SECONDS
    until, about = instant_of(moment).astimezone(catalogue.zone), ABOUT.get(Status(owner.status), "")
    return ClerkBusy(until, speakable(owner.reference), about)


def _owner(row: Row, clerk: int, moment: int, *, now: datetime) -> Row:
    found = _taken(row, clerk, moment, now=now)
    return db.session.scalars(select(Row).where(Row.reference == (found[1] if found else ""))).one()


def _is_taken_by(owner: Row, row: Row, clerk: int, moment: int, *, now: datetime) -> bool:
    found = _taken(row, clerk, moment, now=now)
    return found is not None and found[1] == owner.reference
