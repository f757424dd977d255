"""Solve what is stranded: other clerks at the same time, the nearest other time, or a cancellation with an apology."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from booking.actions.audit import record
from booking.actions.calls import enlist, must_call
from booking.actions.cancel import call_off
from booking.actions.catalogues import catalogue_by_id
from booking.actions.letters import post, supersede
from booking.actions.locking import held_until, lock_appointment
from booking.actions.places import Place, same_time, soonest
from booking.actions.snapshots import concern_rows
from booking.actions.stranded import Case, case_of, cause_of
from booking.actions.taking import release, seize, span_of
from booking.actions.transaction import reads, writes
from booking.errors import NotFound, Refusal, StartTaken
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import AppointmentClerk, Kind, News, Relocation
from booking.models.holds import held_among
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import CancelledBy, Status
from booking.rules.roles import Actor


class Means(StrEnum):
    """What may be done about a stranded appointment."""

    RELOCATE = "relocate"
    CANCEL = "cancel"


class Did(StrEnum):
    """What was done about one, or why it was left as it is."""

    OTHER_CLERK = "other-clerk"
    MOVED = "moved"
    CANCELLED = "cancelled"
    SOLVED_BEFORE = "solved-before"
    UNCONFIRMED = "unconfirmed"
    HAS_BEGUN = "has-begun"
    NOTHING_FREE = "nothing-free"
    FAILED = "failed"


DONE = frozenset({Did.OTHER_CLERK, Did.MOVED, Did.CANCELLED})
SILENT = frozenset({Did.OTHER_CLERK, Did.SOLVED_BEFORE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became (or would become) of one appointment: ``case`` as it was, ``after`` as it is then."""

    case: Case
    did: Did
    after: Case

    @property
    def is_left(self) -> bool:
        """Whether somebody still has to see to it."""
        return self.did not in DONE | {Did.SOLVED_BEFORE}

    @property
    def is_news(self) -> bool:
        """Whether the citizen has to be told."""
        return self.did in DONE - SILENT and self.case.status is not Status.PENDING

    def is_urgent(self, now: datetime) -> bool:
        """Whether the citizen has to be called although there is a letter: it may come too late."""
        return self.is_news and self.case.is_late_for_letters(now)


def solve_all(by: Actor, appointments: Sequence[int], means: Means, *, now: datetime) -> list[Outcome]:
    """Solve several, the earliest first, each in a transaction of its own: what fails stays in the list.

    Who comes first gets the nearest time. It can be repeated, and stopped anywhere: what was done is done, with its
    letter. What is out of reach is passed over. Raises nothing but what breaks the process itself.
    """
    outcomes = []
    for appointment in _in_order(by, appointments):
        try:
            outcomes.append(solve(by, appointment, means, now=now))
        except Refusal:
            outcomes.append(_failed(appointment, now=now))
    return outcomes


@writes
def solve(by: Actor, appointment: int, means: Means, *, now: datetime) -> Outcome:
    """Solve one. Raises NotFound, NotPossibleNow, StartTaken, Unavailable."""
    return _solve(by, appointment, means, now)


@writes
def preview(by: Actor, appointments: Sequence[int], means: Means, *, now: datetime) -> list[Outcome]:
    """Return what ``solve_all`` would do now: it is done, all in one transaction, and rolled back."""
    outcomes = []
    for appointment in _ordered(by, appointments):
        try:
            outcomes.append(_solve(by, appointment, means, now))
        except StartTaken:
            outcomes.append(_left(db.session.get_one(Row, appointment), Did.FAILED, now))
    db.session.rollback()
    return outcomes


@reads
def _in_order(by: Actor, appointments: Sequence[int]) -> list[int]:
    found = _ordered(by, appointments)
    db.session.rollback()
    return found


def _ordered(by: Actor, appointments: Sequence[int]) -> list[int]:
    held = set(held_among(appointments))  # at the phone: nobody's yet, and lapses by itself
    rows = (db.session.get(Row, appointment) for appointment in dict.fromkeys(appointments) if appointment not in held)
    mine = [row for row in rows if row and row.start and by.reaches(row.municipality_id, row.office_id)]
    return [row.id for row in sorted(mine, key=lambda row: (row.start, row.id))]


@reads
def _failed(appointment: int, *, now: datetime) -> Outcome:
    return _left(db.session.get_one(Row, appointment), Did.FAILED, now)


def _left(row: Row, did: Did, now: datetime) -> Outcome:
    case = case_of(row, catalogue_by_id(row.municipality_id), now=now)
    return Outcome(case, did, case)


def _solve(by: Actor, appointment: int, means: Means, now: datetime) -> Outcome:
    row = db.session.get(Row, appointment)
    if row is None or row.start is None or not by.reaches(row.municipality_id, row.office_id):
        raise NotFound("appointment")
    everywhere = [office.id for office in catalogue_by_id(row.municipality_id).open_offices]
    catalogue = lock_appointment(row, *everywhere)
    case = case_of(row, catalogue, now=now)
    if cause_of(row, catalogue, now) is None:
        return Outcome(case, Did.SOLVED_BEFORE, case)
    before = _standing(row)
    did = _call_off(row, catalogue, now) if means is Means.CANCEL else _relocate(row, catalogue, now)
    if did in DONE:
        record(by, f"stranded-{did.value}", row, now=now, **_difference(before, _standing(row)))
    outcome = Outcome(case, did, case_of(row, catalogue, now=now))
    if outcome.is_urgent(now) and row.phone:
        news = News.CANCELLED if did is Did.CANCELLED else News.MOVED
        enlist(row, news, now=now, before=case.start)
    return outcome


def _standing(row: Row) -> dict[str, Any]:
    """Return where, when and with whom it is."""
    clerks = [at.clerk_id for at in row.clerks]
    return {"office": row.office_id, "start": row.start.isoformat() if row.start else None, "clerks": clerks}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what of it is another now, as the audit log keeps it."""
    told: dict[str, Any] = {}
    if after["start"] != before["start"]:
        told |= {"from": before["start"], "to": after["start"]}
    if after["office"] != before["office"]:
        told["office_left"] = before["office"]
    return told | {"left": before["clerks"], "clerks": after["clerks"]} if after["clerks"] != before["clerks"] else told


def _call_off(row: Row, catalogue: Catalogue, now: datetime) -> Did:
    was_firm = row.status != Status.PENDING
    call_off(row, catalogue, CancelledBy.OFFICE, now=now, undoable=False)
    if was_firm:
        must_call(row, News.CANCELLED, now=now)
    return Did.CANCELLED


def _relocate(row: Row, catalogue: Catalogue, now: datetime) -> Did:
    """Take other clerks if they are free; else the nearest time, if nobody stands at the counter for this one."""
    if place := same_time(row, catalogue, now=now):
        _go(row, catalogue, place, now=now)
        return Did.OTHER_CLERK
    if row.status == Status.PENDING:
        return Did.UNCONFIRMED  # its own letter still asks for an answer; nobody is moved who has not come yet
    if row.status != Status.CONFIRMED or (row.start is not None and row.start <= now):
        return Did.HAS_BEGUN
    place = soonest(row, catalogue, now=now)
    if place is None:
        return Did.NOTHING_FREE
    before = row.start
    _remember(row, now)
    _go(row, catalogue, place, now=now)
    supersede(row, Kind.REMINDER)
    post(row, catalogue, Kind.RELOCATED, now=now)
    must_call(row, News.MOVED, now=now, before=before)
    return Did.MOVED


def _remember(row: Row, now: datetime) -> None:
    """Keep the time that the citizen had agreed to; of several moves that nobody answered, the first one's."""
    start, end = span_of(row)
    known = db.session.get(Relocation, row.id, populate_existing=True)
    is_open = known is not None and known.answer is None and known.sequence == row.sequence
    agreed = {"office_id": row.office_id, "start": start.isoformat(), "end": end.isoformat()}
    row.sequence += 1
    relocation = Relocation(
        appointment_id=row.id,
        before=known.before if known and is_open else agreed,
        at=now,
        sequence=row.sequence,
        answer=None,
        answered_at=None,
    )
    db.session.merge(relocation)


def _go(row: Row, catalogue: Catalogue, place: Place, *, now: datetime) -> None:
    """Take the new time or clerks and give back the old ones: their cells count as free, so it may overlap itself."""
    left, before = row.office_id, row.start
    if left != place.visit.office.id:
        row.office_id = place.visit.office.id
        row.concerns = concern_rows(place.visit)
    row.start, row.end = place.span.start, place.span.end
    after = {clerk.id: clerk.after_minutes for clerk in place.visit.clerks}
    kept = {at.clerk_id: at for at in row.clerks}
    row.clerks = [
        kept.get(clerk) or AppointmentClerk(clerk_id=clerk, after_minutes=after[clerk]) for clerk in place.clerks
    ]
    row.outside_blocks = False
    row.changed_at = now
    release(row, held_until=held_until(catalogue, left, now, start=before))
    seize(row, catalogue, now)
