"""Fill an office's day by the service's own actions, so that everything that must hold does."""

import random
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import exists, select

from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.day_schedule import day_schedule
from booking.actions.marks import mark
from booking.actions.walk_ins import arrive
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Appointment
from booking.rules.appointments import Order, Wish
from booking.rules.blocks import BlockKind
from booking.rules.catalogue import Catalogue, Clerk, Concern, Office
from booking.rules.cautions import Caution
from booking.rules.days import Column
from booking.rules.lifecycle import Verb
from booking.rules.reminders import reminder_moment
from booking.rules.roles import Actor
from booking.rules.spans import GRID_MINUTES, Span
from tools.demo.people import MARK, dress, invented, reminded

STEP = timedelta(minutes=GRID_MINUTES)
MINUTE = timedelta(minutes=1)
LONGER = 10 * MINUTE  # than planned: nobody is at the Platz for the whole morning
MOST_QUANTITY = 2
AGAIN = {
    Caution.ALREADY_BOOKED.value: "other-matter"
}  # there are a hundred invented telephone numbers, and more people
TRIES = 4  # concerns that are tried at one time: some are too long for what is left, or kept out of the block


def is_filled(office: int, day: tuple[datetime, datetime]) -> bool:
    """Whether an office has invented people on a day (its bounds): a second start adds nobody."""
    mine = (Appointment.office_id == office, Appointment.uid.endswith(MARK))
    return bool(
        db.session.scalar(select(exists().where(*mine, Appointment.start >= day[0], Appointment.start < day[1])))
    )


def fill(catalogue: Catalogue, office: Office, day: date, *, by: Actor, share: float, now: datetime) -> int:
    """Book about a ``share`` of a day's times for invented people; return how many came about."""
    dice = random.Random(f"{office.slug} {day}")  # noqa: S311 - the same day looks the same on every machine
    seen = day_schedule(catalogue.slug, office.slug, day, now=now)
    return sum(_fill_column(catalogue, office, column, dice, by=by, share=share, now=now) for column in seen.columns)


def _fill_column(
    catalogue: Catalogue, office: Office, column: Column, dice: random.Random, *, by: Actor, share: float, now: datetime
) -> int:
    booked = 0
    for block in column.blocks:
        at = block.span.start
        while block.kind is not BlockKind.WALK_IN and at < block.span.end:
            tries = TRIES if dice.random() < share else 0
            free = Span(at, block.span.end)
            made = (_book(catalogue, office, column.clerk, free, dice, by=by, now=now) for _ in range(tries))
            end = next(filter(None, made), None)
            booked += end is not None
            at = end or at + STEP * dice.randint(1, 4)
    return booked


def _book(
    catalogue: Catalogue, office: Office, clerk: Clerk, free: Span, dice: random.Random, *, by: Actor, now: datetime
) -> datetime | None:
    """Book the beginning of a free stretch, a few days before it; return when it ends, None where it does not fit."""
    at, concern = free.start, dice.choice(_concerns(catalogue, office, clerk))
    if concern.offices[office.id].minutes > free.minutes:
        return None
    quantity = min(concern.max_quantity, dice.choices((1, MOST_QUANTITY), (4, 1))[0])
    person = invented(dice)
    written = min(now, at - timedelta(days=dice.randint(1, 6), minutes=dice.randint(0, 300)))
    order = Order(
        municipality=catalogue.slug, office=office.slug, start=at, wishes=(Wish(concern.slug, quantity),),
        name=person.name, email="", phone=person.phone, language=person.language, answers={}, channel="phone",
        key=secrets.token_hex(16), body=secrets.token_bytes(8), network="127.0.0.1",
    )  # fmt: skip
    with suppress(Refusal):  # too long for what is left, or another's by now: the next step may do
        made = book_by_staff(order, by=by, insisting=Insisting(clerk.slug, AGAIN), now=written)
        due = reminder_moment(catalogue.timetable, office.id, at)
        dress(made.id, person, dice, reminded(due, booked=written, now=now))
        return made.end
    return None


def _concerns(catalogue: Catalogue, office: Office, clerk: Clerk) -> list[Concern]:
    here = [concern for concern in catalogue.open_concerns if office.id in concern.offices]
    able = [concern for concern in here if clerk.concerns is None or concern.id in clerk.concerns]
    return [concern for concern in able if concern.offices[office.id].staff]


def play(office: int, day: tuple[datetime, datetime], *, by: Actor, now: datetime) -> None:
    """Let a day have gone as days go until now: most were served, somebody did not come, some are waiting."""
    asked = select(Appointment.reference, Appointment.start, Appointment.end).where(
        Appointment.office_id == office, Appointment.uid.endswith(MARK), Appointment.status == "confirmed",
        Appointment.start >= day[0], Appointment.start < min(day[1], now + 20 * MINUTE),
    )  # fmt: skip
    for place, (reference, start, end) in enumerate(db.session.execute(asked.order_by(Appointment.start)).all()):
        with suppress(Refusal):  # what does not fit the hour stays as it is
            for verb, at in _steps(place, start, end, now):
                mark(reference, verb, by=by, now=at)


def _steps(place: int, start: datetime | None, end: datetime | None, now: datetime) -> Iterator[tuple[Verb, datetime]]:
    """Tell what happened to the day's nth appointment, by when it was."""
    if start is None or end is None:
        return
    if place % 7 == 4:  # noqa: PLR2004 - now and then
        if start + 10 * MINUTE < now:
            yield Verb.MISS, start + 10 * MINUTE
        return
    arrived = start - (3 + place % 5) * MINUTE
    if arrived > now or (start > now and place % 3 == 0):
        return
    yield Verb.CHECK_IN, arrived
    if start > now:
        return
    yield Verb.CALL, start
    if start + MINUTE > now:
        return
    yield Verb.SERVE, start + MINUTE
    takes_longer = place % 11 == 6 and now - end < LONGER  # noqa: PLR2004 - now and then
    if end <= now and not takes_longer:
        yield Verb.FINISH, end - MINUTE


def walk_in(catalogue: Catalogue, office: Office, *, by: Actor, now: datetime) -> None:
    """Let three people without an appointment wait, for the shortest concerns of the office."""
    known = [concern for concern in catalogue.open_concerns if office.id in concern.offices and not concern.discreet]
    short = sorted((concern for concern in known if concern.offices[office.id].staff), key=lambda each: each.minutes)
    for place, concern in enumerate(short[:3]):
        with suppress(Refusal):
            arrive(catalogue.slug, office.slug, (Wish(concern.slug),), by=by, now=now - (23 - 7 * place) * MINUTE)
            _hide(office.id)


def _hide(office: int) -> None:
    """Mark the latest walk-in as invented."""
    latest = select(Appointment).where(Appointment.office_id == office, Appointment.start.is_(None))
    row = db.session.scalars(latest.order_by(Appointment.id.desc()).limit(1)).one()
    row.uid = row.uid.partition("@")[0] + MARK
    db.session.commit()


def bounds(catalogue: Catalogue, day: date) -> tuple[datetime, datetime]:
    """Return the instants at which a local day begins and ends."""
    midnights = (datetime(each.year, each.month, each.day, tzinfo=catalogue.zone) for each in (day, day + timedelta(1)))
    first, last = (midnight.astimezone(UTC) for midnight in midnights)
    return first, last
