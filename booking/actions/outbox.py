"""The outbox as a queue: which letter is next, and what has become of it. Each step is one short transaction."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from booking.actions.calls import must_call
from booking.actions.locking import lock_appointment
from booking.actions.taking import asking_of, policy_of
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import ASKING, Appointment, Kind, Letter, LetterStatus, News
from booking.rules.lifecycle import Status, confirm_by

LEASE = timedelta(seconds=90)  # a letter whose process was killed goes out again after this, with the same Message-ID
# After these attempts it waits so long; then it has failed: together a little less than a day.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240, 240, 240))
JITTER = 0.2  # so that what failed together does not come back together

UNCONFIRMED = (Status.PENDING, Status.EXPIRED)  # expired: declined by letter; its clock runs like any other
MUST_ARRIVE = {Kind.RELOCATED: News.MOVED, Kind.CANCELLED_BY_OFFICE: News.CANCELLED}  # else somebody has to call
KNOWN = tuple(kind.value for kind in Kind)  # a newer release's wait for its job process, and stop no others
AWAITED = (*(kind.value for kind in ASKING), Kind.LINK.value)  # not to queue behind a thousand cancellations


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is ours to send until the claim runs out."""

    id: int
    appointment_id: int
    kind: Kind
    address: str
    language: str
    method: str | None
    sequence: int | None
    message_id: str
    attempts: int
    unasked: bool


@reads
def is_anything_due(*, now: datetime) -> bool:
    """Whether a letter could be claimed now; asked every second, so it takes no lock."""
    found = db.session.scalar(select(Letter.id).where(_is_next(now)).limit(1))
    db.session.rollback()
    return found is not None


@writes
def claim(*, now: datetime) -> Claimed | None:
    """Claim the longest waiting letter, or None; first those that somebody in front of a screen is waiting for.

    Only one with no earlier unfinished letter of its appointment: people must not read that it moved before they read
    that it is booked. On PostgreSQL another process skips the row that we hold; on SQLite only one writes at a time.
    """
    letter = _longest_waiting(now, Letter.kind.in_(AWAITED)) or _longest_waiting(now)
    if letter is None:
        return None
    mine = update(Letter).where(Letter.id == letter.id, _is_free(now)).values(claimed_until=now + LEASE)
    if db.session.execute(mine.returning(Letter.id)).one_or_none() is None:
        return None
    return claimed(letter)


def claimed(letter: Letter) -> Claimed:
    """Return a letter as a value that outlives its transaction."""
    return Claimed(
        id=letter.id,
        appointment_id=letter.appointment_id,
        kind=Kind(letter.kind),
        address=letter.address,
        language=letter.language,
        method=letter.method,
        sequence=letter.sequence,
        message_id=letter.message_id,
        attempts=letter.attempts,
        unasked=letter.unasked,
    )


@writes
def mark_sent(letter: Claimed, *, now: datetime) -> None:
    """Note that the relay has it. From here runs the time to confirm what the letter asks to confirm (design.md §6)."""
    if letter.kind in ASKING:
        _start_the_clock(letter, now)  # locks the office: before the letter's row, as all writers do
    _set(letter, status=LetterStatus.SENT.value, sent_at=now, claimed_until=None, failure=None)


@writes
def mark_superseded(letter: Claimed) -> None:
    """Note that there is nothing left to say."""
    _set(letter, status=LetterStatus.SUPERSEDED.value, claimed_until=None)


@writes
def put_back(letter: Claimed) -> None:
    """Give a letter back untried: the relay went away."""
    _set(letter, claimed_until=None)


@writes
def mark_deferred(letter: Claimed, reason: str, *, now: datetime) -> None:
    """Try again later, with growing pauses; after a day of refusals the letter has failed."""
    if letter.attempts >= len(PAUSES):
        _fail(letter, reason, now)
        return
    pause = PAUSES[letter.attempts] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    _set(letter, attempts=letter.attempts + 1, next_at=now + pause, claimed_until=None, failure=reason)


@writes
def mark_rejected(letter: Claimed, reason: str, *, now: datetime) -> None:
    """Keep the relay's permanent refusal, also with the appointment, so that staff can see it and call.

    The time to confirm runs from here too: an address that does not exist must not hold a time for a day.
    """
    if letter.kind in ASKING:
        _start_the_clock(letter, now)
    _fail(letter, reason, now)


def mark_bounced(letter: Claimed, reason: str, *, now: datetime) -> None:
    """Note, in the transaction of whoever read it, that a letter came back: as if the relay had refused it at once."""
    _fail(letter, reason, now)


def _longest_waiting(now: datetime, *choice: ColumnElement[bool]) -> Letter | None:
    query = select(Letter).where(_is_next(now), *choice).order_by(Letter.next_at, Letter.id).limit(1)
    return db.session.scalars(query.with_for_update(skip_locked=True, of=Letter)).one_or_none()


def _fail(letter: Claimed, reason: str, now: datetime) -> None:
    _raise_version(letter)  # day pages show whom no letter reaches
    # Only while this is still the appointment's address: a correction meanwhile deserves its own chance.
    concerned = (Appointment.id == letter.appointment_id, Appointment.email == letter.address)
    db.session.execute(update(Appointment).where(*concerned).values(mail_failure=reason))
    _set(letter, attempts=letter.attempts + 1, status=LetterStatus.FAILED.value, claimed_until=None, failure=reason)
    row = db.session.get(Appointment, letter.appointment_id, populate_existing=True)
    news = News.MOVED if letter.unasked else MUST_ARRIVE.get(letter.kind)
    if row is not None and news is not None and (row.end is None or row.end > now):  # else there is nothing to tell
        must_call(row, news, now=now)


def _raise_version(letter: Claimed) -> None:
    row = db.session.get(Appointment, letter.appointment_id)
    if row is not None:
        lock_appointment(row)


def _start_the_clock(letter: Claimed, now: datetime) -> None:
    row = db.session.get(Appointment, letter.appointment_id)
    if row is None or row.status not in UNCONFIRMED:
        return
    catalogue = lock_appointment(row)
    if row.status not in UNCONFIRMED or row.start is None or row.confirm_by is None or row.confirm_by <= now:
        return
    if row.email != letter.address:
        return  # corrected meanwhile: the time runs from the letter to the right address
    row.confirm_by = confirm_by(policy_of(row, catalogue), asking_of(row), accepted=now)


def _set(letter: Claimed, **values: object) -> None:
    # Its id alone may be another's by now: it was erased meanwhile, and SQLite gives the highest id once more.
    # And what came back before its sender noted that it had left has not arrived all the same.
    mine = (Letter.id == letter.id, Letter.message_id == letter.message_id, Letter.status != LetterStatus.FAILED)
    changed = update(Letter).where(*mine).values(**values)
    db.session.execute(changed.execution_options(synchronize_session=False))


def _is_next(now: datetime) -> ColumnElement[bool]:
    earlier = aliased(Letter)
    unfinished = and_(
        earlier.appointment_id == Letter.appointment_id,
        earlier.id < Letter.id,
        earlier.medium == "mail",
        earlier.status == LetterStatus.WAITING,
    )
    due = and_(Letter.medium == "mail", _is_time(now), Letter.held_at.is_(None))
    return and_(_is_free(now), due, Letter.kind.in_(KNOWN), ~exists().where(unfinished))


def _is_time(now: datetime) -> ColumnElement[bool]:
    """Whether it may leave; at once if it was due at once, though the clock of who wrote it is ahead of ours."""
    return or_(Letter.next_at <= now, and_(Letter.attempts == 0, Letter.next_at <= Letter.created_at))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(Letter.status == LetterStatus.WAITING, or_(Letter.claimed_until.is_(None), Letter.claimed_until <= now))
