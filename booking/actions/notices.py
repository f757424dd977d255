"""The office's words on its public pages: written, changed and taken away by those who run its day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from booking.actions.audit import record
from booking.actions.locking import lock_town, raise_revision
from booking.actions.transaction import writes
from booking.errors import Fault, Invalid, NotFound
from booking.extensions import db
from booking.models import Municipality, Notice
from booking.rules.roles import Actor
from booking.rules.texts import FALLBACK

LONGEST = 400
FARTHEST = timedelta(days=366)
KEPT = timedelta(days=30)  # after their last day: long enough to be used again


@dataclass(frozen=True, slots=True)
class Wording:
    """What a notice says by language (German at least), on which days, both included, for one office or (None) all."""

    text: Mapping[str, str]
    first: date
    last: date
    office: int | None


@writes
def save_notice(by: Actor, wording: Wording, *, now: datetime, notice: int | None = None) -> None:
    """Write a notice, or change one; public pages show it from the next request on. Raises Invalid, NotFound."""
    town = _locked(by)
    _check(wording, now.astimezone(ZoneInfo(town.timezone)).date())
    if not by.reaches(town.id, wording.office):
        raise NotFound("office")
    row = Notice(municipality_id=town.id) if notice is None else _within_reach(by, notice)
    row.text = {language: text for language, text in wording.text.items() if text}
    row.first, row.last, row.office_id = wording.first, wording.last, wording.office
    db.session.add(row)
    db.session.flush()
    _forget(town, now)
    raise_revision(town.slug)
    record(by, "notice-saved", f"notice {row.id}", now=now, office=row.office_id)


@writes
def delete_notice(by: Actor, notice: int, *, now: datetime) -> None:
    """Take a notice away; what is gone stays so. Raises NotFound if it is out of reach."""
    town = _locked(by)
    if db.session.get(Notice, notice) is None:
        return
    row = _within_reach(by, notice)
    db.session.delete(row)
    raise_revision(town.slug)
    record(by, "notice-deleted", f"notice {notice}", now=now, office=row.office_id)


def _locked(by: Actor) -> Municipality:
    town = lock_town(db.session.scalars(select(Municipality.slug).where(Municipality.id == by.municipality)).one())
    if town is None:
        raise NotFound("municipality")
    return town


def _within_reach(by: Actor, notice: int) -> Notice:
    row = db.session.get(Notice, notice)
    if row is None or not by.reaches(row.municipality_id, row.office_id):
        raise NotFound("notice")
    return row


def _check(wording: Wording, today: date) -> None:
    faults = [
        Fault(f"/text-{language}", "too-long", {"max": LONGEST})
        for language, text in wording.text.items()
        if len(text) > LONGEST
    ]
    if not wording.text.get(FALLBACK):
        faults.append(Fault(f"/text-{FALLBACK}", "required"))
    if wording.last < wording.first:
        faults.append(Fault("/last", "before-first"))
    elif not today <= wording.last <= today + FARTHEST:
        faults.append(Fault("/last", "over" if wording.last < today else "day"))
    if faults:
        raise Invalid(*faults)


def _forget(town: Municipality, now: datetime) -> None:
    """What nobody has shown for a month is gone with the next one that is written."""
    old = (Notice.municipality_id == town.id, Notice.last < (now - KEPT).date())
    db.session.execute(delete(Notice).where(*old))
