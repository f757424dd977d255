"""Move an appointment as staff: to another clerk, another time, another office, for a reason even outside the hours."""

from datetime import datetime, timedelta
from typing import Any

from booking.actions.audit import record
from booking.actions.calls import must_call, need_not_call
from booking.actions.desks import load_desks
from booking.actions.locking import held_until, lock_appointment
from booking.actions.move import tell_moved
from booking.actions.offer_moves import nearest_for_staff
from booking.actions.presenting import present
from booking.actions.reach import row_for
from booking.actions.snapshots import concern_rows
from booking.actions.taking import assign_clerk, check_there, put_clerks, release, seize, span_of, visit_of
from booking.actions.targets import Target, why_taken
from booking.actions.transaction import writes
from booking.actions.undo import held_for_undo, remember
from booking.errors import NotFound, NotPossibleNow, NotToday, OutsideWindow, StartTaken
from booking.models import Appointment as Row
from booking.models import News
from booking.models.cells import Owner
from booking.rules.appointments import Appointment
from booking.rules.availability import can_start
from booking.rules.catalogue import Catalogue
from booking.rules.cautions import Caution, check_reasons
from booking.rules.lifecycle import Status, Verb, after
from booking.rules.orders import Visit, check_start
from booking.rules.roles import Actor
from booking.rules.spans import on_grid
from booking.rules.windows import FARTHEST

THERE = frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED})  # who may still change to another clerk


def move_by_staff(by: Actor, reference: str, target: Target, *, now: datetime) -> Appointment:
    """Move an appointment; to another clerk at its own time without a letter, else with one that waits a minute.

    Who has no e-mail goes onto the call list, unless they know already. Raises NotFound, NotPossibleNow,
    NotToday, OutsideWindow, NeedsReason, ClerkAway, OfficeShut, StartTaken (with the nearest starts that staff
    may take; ClerkTaken says what a chosen clerk has there), Unavailable.
    """
    check_start(target.start)
    try:
        return _move(by, reference, target, now)
    except StartTaken:
        only = next(iter(target.clerks)) if len(target.clerks) == 1 else None
        nearest = nearest_for_staff(by, reference, target.office, start=target.start, clerk=only, now=now)
        raise why_taken(by, reference, target=target, alternatives=nearest, now=now) from None


@writes
def _move(by: Actor, reference: str, target: Target, now: datetime) -> Appointment:
    row = row_for(by, reference)
    catalogue = lock_appointment(row, target.office)
    office = catalogue.office(target.office)
    if not by.reaches(catalogue.id, office.id):
        raise NotFound("office")
    visit = visit_of(row, catalogue, office.id, staff=True)
    before = row.start
    stays = (row.start, row.office_id) == (target.start, office.id)
    if stays and target.clerks in ({at.clerk_id for at in row.clerks}, frozenset()):
        return present(row, catalogue)
    if stays:
        _change_clerk(by, row, catalogue, visit, target, now)
    else:
        _change_time(by, row, catalogue, visit, target, now)
        if target.knows:
            need_not_call(row)  # nor of any earlier move: they have just agreed to another time
        else:
            must_call(row, News.MOVED, now=now, before=before)
    return present(row, catalogue)


def _change_clerk(by: Actor, row: Row, catalogue: Catalogue, visit: Visit, target: Target, now: datetime) -> None:
    """The time stays, so nobody need be told. Whose time has begun goes to the other clerk at once."""
    if row.status not in THERE:
        raise NotPossibleNow(row.status)
    start, end = span_of(row)
    if start.astimezone(catalogue.zone).date() < now.astimezone(catalogue.zone).date():
        raise NotToday  # nobody stands there for a day that is over
    left = [at.clerk_id for at in row.clerks]
    row.start = max(start, on_grid(now))
    row.end = row.start + (end - start)
    _put(row, catalogue, visit, target, now)
    release(row, held_until=held_until(catalogue, row.office_id, now, start=start))
    seize(row, catalogue, now)
    row.changed_at = now
    record(by, "changed-clerk", row, now=now, left=left, clerks=[at.clerk_id for at in row.clerks])


def _change_time(by: Actor, row: Row, catalogue: Catalogue, visit: Visit, target: Target, now: datetime) -> None:
    after(Status(row.status), Verb.MOVE)
    if row.status != Status.CONFIRMED:  # what is not confirmed becomes firm by its letter's link alone
        raise NotPossibleNow(row.status)
    if not on_grid(now) <= target.start <= now + FARTHEST:
        raise OutsideWindow
    remember(row, now=now, by_staff=True)
    start, end = span_of(row)
    left = row.office_id
    details: dict[str, Any] = {"from": start.isoformat(), "to": target.start.isoformat()}
    clerks = [at.clerk_id for at in row.clerks]
    if left != visit.office.id:
        details["office_left"] = left
        end = start + timedelta(minutes=visit.minutes)
        row.concerns = concern_rows(visit)
    row.office_id = visit.office.id
    row.start, row.end = target.start, target.start + (end - start)
    _put(row, catalogue, visit, target, now)
    release(row, held_until=held_for_undo(catalogue, left, now, start=start))
    seize(row, catalogue, now)
    row.changed_at = now
    tell_moved(row, catalogue, now=now, unasked=not target.knows)
    if target.outside:
        details["reasons"] = {Caution.OUTSIDE_BLOCKS.value: target.reason}
    if (now_at := [at.clerk_id for at in row.clerks]) != clerks:
        details |= {"left": clerks, "clerks": now_at}
    record(by, "moved", row, now=now, **details)


def _put(row: Row, catalogue: Catalogue, visit: Visit, target: Target, now: datetime) -> None:
    """Choose who serves it. Outside the hours only absences and other people's time count."""
    row.outside_blocks = target.outside
    if target.outside:
        _check_outside(row, catalogue, target)
        put_clerks(row, visit, target.clerks)
        return
    owner = Owner(staff=True, takes_held=True, mover=row.id)
    if not target.clerks:
        assign_clerk(row, catalogue, visit, now=now, owner=owner)
        return
    start, end = span_of(row)
    day = start.astimezone(catalogue.zone).date()
    minutes = int((end - start).total_seconds()) // 60
    desks = load_desks(catalogue, visit, (day, day), now=now, owner=owner)
    free = {desk.clerk for desk in desks if can_start(desk, start, minutes)}
    kept = {at.clerk_id for at in row.clerks} if len(row.clerks) > 1 else set()
    if not target.clerks - kept <= free:
        raise StartTaken
    put_clerks(row, visit, target.clerks)


def _check_outside(row: Row, catalogue: Catalogue, target: Target) -> None:
    check_reasons([Caution.OUTSIDE_BLOCKS], {Caution.OUTSIDE_BLOCKS: target.reason})
    check_there(row, catalogue, target.clerks)
    if not target.clerks:
        raise StartTaken
