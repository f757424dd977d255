"""What the counter marks: arrived, called, being served, served, not there; and each of it taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from booking.actions.audit import record
from booking.actions.desks import day_bounds
from booking.actions.gaps import take_in, who_has
from booking.actions.locking import held_until, lock_appointment
from booking.actions.reach import row_in_reach
from booking.actions.taking import release, seize
from booking.actions.transaction import writes
from booking.errors import NotPossibleNow, NotToday, StartTaken, StepStale
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import AppointmentClerk, Mark
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, Verb
from booking.rules.marks import is_marked, is_timely, marked, shortened_end, undoes
from booking.rules.roles import Actor


@writes
def mark(reference: str, verb: Verb, *, by: Actor, now: datetime, clerk: int | None = None) -> None:
    """Mark what happens at the counter; what is marked already stays so, and a second call is a call.

    ``clerk`` is who takes somebody from the waiting room (``CALL``, ``SERVE``). Raises NotFound, NotPossibleNow,
    NotToday; of those who wait Invalid, ClerkUnable, ClerkBusy, StepStale (with another clerk already); Unavailable.
    """
    row = row_in_reach(reference, by)
    catalogue = lock_appointment(row)
    status = Status(row.status)
    if clerk is not None and row.start is not None and clerk not in {at.clerk_id for at in row.clerks}:
        raise StepStale  # somebody else was faster to take them
    if is_marked(verb, status) and (verb is not Verb.CALL or row.called_at == now):
        return  # the same instant is a commit whose answer was lost
    leads_to = marked(status, verb)
    _check_time(row, catalogue, verb, now)
    if leads_to is not status:
        keep(row, verb, now=now)
    row.status, row.changed_at = leads_to.value, now
    if row.start is None and verb in {Verb.CALL, Verb.SERVE}:
        take_in(row, catalogue, clerk, now=now)
    _take_effect(row, catalogue, verb, now)
    record(by, verb.value.replace("_", "-"), row, now=now)


@writes
def undo_mark(reference: str, step: int, *, by: Actor, now: datetime) -> None:
    """Take back a mark by its id, on the same day, if it is the latest thing that happened; twice is as good as once.

    Whoever is no longer missing but has lost their time waits from now on, without one. Raises NotFound, StepStale,
    TimeGone (any other time that somebody else has meanwhile), Unavailable.
    """
    row = row_in_reach(reference, by)
    catalogue = lock_appointment(row)
    made = db.session.get(Mark, step, populate_existing=True)
    if made is None or made.appointment_id != row.id:
        raise StepStale
    if made.undone:
        return
    is_latest = latest_mark(row) is made and undoes(Verb(made.verb), Status(row.status), waits=row.start is None)
    is_today = made.at.astimezone(catalogue.zone).date() == now.astimezone(catalogue.zone).date()
    if not is_latest or not is_today or not _still_there(row, made):
        raise StepStale
    _go_back(row, catalogue, made, now)
    made.undone = True
    row.changed_at = now
    record(by, f"undo-{made.verb}".replace("_", "-"), row, now=now)


def keep(row: Row, verb: Verb, *, now: datetime) -> None:
    """Keep, under the lock and before anything changes, what a mark can be taken back to."""
    times = ("start", "end", "arrived_at", "called_at", "serving_at", "served_at")
    before = {name: at and at.isoformat() for name in times for at in [getattr(row, name)]}
    before |= {"status": row.status, "office_id": row.office_id, "number": row.number}
    before["clerks"] = [[at.clerk_id, at.after_minutes] for at in row.clerks]
    db.session.add(Mark(appointment_id=row.id, verb=verb.value, at=now, before=before))


def latest_mark(row: Row) -> Mark | None:
    """Return the latest mark of an appointment that stands."""
    standing = select(Mark).where(Mark.appointment_id == row.id, Mark.undone.is_(False))
    return db.session.scalars(standing.order_by(Mark.id.desc()).limit(1)).one_or_none()


def next_number(catalogue: Catalogue, office: int, *, now: datetime) -> int:
    """Return the office's next number of the local day; under its lock, so that nobody else gets the same."""
    first, stop = day_bounds(catalogue, now.astimezone(catalogue.zone).date())
    today = (Row.office_id == office, Row.arrived_at >= first, Row.arrived_at < stop)
    return (db.session.scalar(select(func.max(Row.number)).where(*today)) or 0) + 1


def _check_time(row: Row, catalogue: Catalogue, verb: Verb, now: datetime) -> None:
    """Nobody is missing before their time: a page that was opened before a move may still offer to say so."""
    own = row.start or row.arrived_at or now
    if not is_timely(verb, *(at.astimezone(catalogue.zone).date() for at in (own, now))):
        raise NotToday
    if verb is Verb.MISS and row.start is not None and row.start > now:
        raise NotPossibleNow("mark")


def _take_effect(row: Row, catalogue: Catalogue, verb: Verb, now: datetime) -> None:
    if verb is Verb.CHECK_IN:
        row.arrived_at = now
        row.number = row.number or next_number(catalogue, row.office_id, now=now)
    elif verb is Verb.CALL:
        row.called_at = now
    elif verb is Verb.SERVE:
        row.serving_at = now
    elif verb is Verb.FINISH:
        row.served_at = now
        _shorten(row, catalogue, now)
    else:
        release(row, held_until=held_until(catalogue, row.office_id, now, start=row.start))


def _shorten(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Give back what is left of the time of somebody who has been served."""
    if row.start is None or row.end is None:
        return
    end = shortened_end(row.start, row.end, now)
    if end < row.end:
        row.end = end
        release(row, held_until=held_until(catalogue, row.office_id, now, start=row.start))
        seize(row, catalogue, now)


def _go_back(row: Row, catalogue: Catalogue, made: Mark, now: datetime) -> None:
    before, lost = made.before, False
    row.status = before["status"]
    if _had_another_time(row, made):
        release(row, held_until=held_until(catalogue, row.office_id, now, start=row.start))
        lost = not _take_back(row, catalogue, before, now)
        if lost and made.verb != Verb.MISS:
            raise who_has(row, catalogue, now=now)
    for name in ("arrived_at", "called_at", "serving_at", "served_at"):
        setattr(row, name, _instant(before[name]))
    row.number = before["number"]
    if lost:
        _let_wait(row, catalogue, now)


def _let_wait(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Put somebody who came late, and lost their time, among those who wait: since they arrived, if that was today."""
    if row.arrived_at is None or row.arrived_at < day_bounds(catalogue, now.astimezone(catalogue.zone).date())[0]:
        row.number, row.arrived_at = None, now
    row.number = row.number or next_number(catalogue, row.office_id, now=now)
    row.start, row.end, row.clerks, row.status = None, None, [], Status.CHECKED_IN.value
    row.called_at, row.serving_at = None, None


def _still_there(row: Row, made: Mark) -> bool:
    """Whether a visit that was extended has not been moved since: its old end means nothing elsewhere."""
    return made.verb != Verb.EXTEND or row.start == _instant(made.before["start"])


def _had_another_time(row: Row, made: Mark) -> bool:
    """Whether the mark itself gave or took time: only then does its undo."""
    was_taken_in = made.before["start"] is None and row.start is not None
    return was_taken_in or made.verb in {Verb.FINISH, Verb.MISS, Verb.EXTEND}


def _take_back(row: Row, catalogue: Catalogue, before: Mapping[str, Any], now: datetime) -> bool:
    row.start, row.end = _instant(before["start"]), _instant(before["end"])
    after = dict(before["clerks"])
    if {at.clerk_id for at in row.clerks} != after.keys():
        row.clerks = [AppointmentClerk(clerk_id=clerk, after_minutes=minutes) for clerk, minutes in after.items()]
    for at in row.clerks:
        at.after_minutes = after[at.clerk_id]
    if row.start is None:
        return True
    try:
        seize(row, catalogue, now)
    except StartTaken:
        return False
    return True


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
