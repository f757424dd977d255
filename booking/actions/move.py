"""Move: another time, perhaps another office; the same appointment, the same calendar entry."""

import math
from datetime import datetime, timedelta

from sqlalchemy import select

from booking.actions.confirm import prove, settle
from booking.actions.find_appointment import find_by_token, row_by_token
from booking.actions.find_starts import nearest_to
from booking.actions.letters import post, supersede
from booking.actions.locking import held_until, lock_appointment
from booking.actions.presenting import present
from booking.actions.relocations import note_answer
from booking.actions.snapshots import concern_rows
from booking.actions.taking import assign_clerk, release, seize, visit_of
from booking.actions.tally import note
from booking.actions.transaction import writes
from booking.actions.undo import go_back, held_for_undo, hold_back, is_open, remember
from booking.errors import NotPossibleNow, OutsideWindow, RateLimited, StartTaken
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import Appointment as Row
from booking.models import Kind, Letter, Undo
from booking.models.cells import Owner
from booking.rules.appointments import Appointment, Wish
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, Verb, after
from booking.rules.orders import Visit, check_start
from booking.rules.windows import booking_window

MOST_MOVES_A_DAY = 20
DAY = timedelta(days=1)


def move(token: str, start: datetime, *, office: str | None = None, now: datetime) -> Appointment:
    """Move an appointment to another start; asking again for where it already is changes nothing.

    For a minute it can be undone, and the letter waits; moving back by hand within that minute is the same.

    The link proves the address, so moving what was not confirmed (also too late) confirms it. Raises NotFound,
    LinkRevoked, Invalid, NotPossibleNow, OutsideWindow, TooManyAppointments, RateLimited, StartTaken (with
    the nearest free starts), Unavailable.
    """
    check_start(start)
    try:
        return _move(token, start, office, now)
    except StartTaken:
        municipality, wishes, here = _what_and_where(token)
        raise StartTaken(nearest_to(municipality, wishes, office or here, start=start, now=now)) from None


def _what_and_where(token: str) -> tuple[str, list[Wish], str]:
    found = find_by_token(token)
    return found.catalogue.slug, [Wish(at.slug, at.quantity) for at in found.concerns], found.office.slug


@writes
def _move(token: str, start: datetime, office: str | None, now: datetime) -> Appointment:
    row = row_by_token(token)
    catalogue = lock_appointment(row, *([office] if office else []))
    target = catalogue.office(office or row.office_id)
    was_firm = row.status == Status.CONFIRMED
    if was_firm and (row.start, row.office_id) == (start, target.id):
        note_answer(row, "accepted", now=now)
        return present(row, catalogue)
    way = db.session.get(Undo, row.id, populate_existing=True)
    is_back = way is not None and not way.by_staff and (way.start, way.office_id) == (start, target.id)
    if was_firm and way and is_back and is_open(way, row, now):
        return go_back(row, catalogue, way, now=now)
    _check_movable(row, now)
    if was_firm:
        prove(row)
        remember(row, now=now)
        note_answer(row, "moved", now=now)
    _go(row, catalogue, visit_of(row, catalogue, target.id), start=start, now=now)
    _tell(row, catalogue, now=now)
    return present(row, catalogue)


def _check_movable(row: Row, now: datetime) -> None:
    after(Status(row.status), Verb.MOVE)
    if row.status == Status.CONFIRMED and row.start is not None and row.start <= now:
        raise NotPossibleNow(row.status)
    moved = (Letter.appointment_id == row.id, Letter.kind == Kind.MOVED.value, Letter.created_at > now - DAY)
    latest = select(Letter.created_at).where(*moved).order_by(Letter.created_at.desc()).limit(MOST_MOVES_A_DAY)
    times = db.session.scalars(latest).all()
    if len(times) == MOST_MOVES_A_DAY:  # each sends a letter and keeps a time from others for a while
        raise RateLimited(math.ceil((times[-1] + DAY - now).total_seconds()))


def _go(row: Row, catalogue: Catalogue, visit: Visit, *, start: datetime, now: datetime) -> None:
    """Take the new time and give back the old one; its own cells count as free, so it may overlap itself."""
    if not booking_window(visit.policy, now, catalogue.zone, grace=True).admits(start, catalogue.zone):
        raise OutsideWindow
    hold = held_for_undo if row.status == Status.CONFIRMED else held_until
    left, before = row.office_id, row.start
    row.office_id = visit.office.id
    row.start, row.end = start, start + timedelta(minutes=visit.minutes)
    row.outside_blocks = False
    row.concerns = concern_rows(visit)
    assign_clerk(row, catalogue, visit, now=now, owner=Owner(mover=row.id))
    row.changed_at = now
    release(row, held_until=hold(catalogue, left, now, start=before))
    seize(row, catalogue, now)


def tell_moved(row: Row, catalogue: Catalogue, *, now: datetime, unasked: bool = False) -> None:
    """Write the letter of a firm appointment's move; it waits until the move can no longer be undone."""
    row.sequence += 1
    note(Outcome.MOVED, row.channel)
    supersede(row, Kind.REMINDER)
    post(row, catalogue, Kind.MOVED, now=now, unasked=unasked)
    hold_back(row, now=now)


def _tell(row: Row, catalogue: Catalogue, *, now: datetime) -> None:
    """A firm appointment's calendar entry follows (RFC 5546: a higher SEQUENCE); a new one's first letter is sent."""
    if row.status == Status.CONFIRMED:
        tell_moved(row, catalogue, now=now)
        return
    settle(row, catalogue, status=after(Status(row.status), Verb.MOVE), now=now)
    post(row, catalogue, Kind.CONFIRMED, now=now)
