"""A citizen's move or cancellation taken back: for a minute, exactly, and so that calendars end up right."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions import undo as undoing
from booking.actions.book import book
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm
from booking.actions.erase_expired import erase_expired, forget
from booking.actions.find_appointment import find_by_token
from booking.actions.find_starts import find_starts
from booking.actions.move import move
from booking.actions.outbox import claim, mark_deferred, mark_sent, put_back
from booking.actions.remind import remind
from booking.actions.taking import moments_with
from booking.actions.undo import undo, way_back
from booking.errors import NotPossibleNow, StartTaken, TooManyAppointments, UndoOver
from booking.extensions import db
from booking.models import (
    Appointment,
    AppointmentClerk,
    Cell,
    Claim,
    Concern,
    ConcernOffice,
    Letter,
    Municipality,
    Office,
    Undo,
)
from booking.models.cells import own_cells
from booking.rules import lifecycle
from booking.rules.appointments import Appointment as Appointed
from booking.rules.appointments import Wish
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_appointment, an_office, an_order
from tests.ownership import assert_owned_exactly

SOON = timedelta(minutes=1)
STEP = MONDAY + 2 * SOON  # when something is moved or cancelled
IN_TIME = STEP + timedelta(seconds=59)
TEN = NINE + timedelta(hours=1)


@pytest.fixture(autouse=True)
def town(context: AppContext) -> None:
    a_municipality()


def letters() -> list[tuple[str, str | None, int | None, str]]:
    query = sa.select(Letter.kind, Letter.method, Letter.sequence, Letter.status).order_by(Letter.id)
    return [tuple(row) for row in db.session.execute(query)]


def sent(kind: str, sequence: int) -> tuple[str, str, int, str]:
    return (kind, "CANCEL" if kind.startswith("cancelled") else "REQUEST", sequence, "waiting")


def send_all(now: datetime) -> list[tuple[str, int | None]]:
    """Send what is due without a relay; return what left."""
    gone = []
    while (letter := claim(now=now)) is not None:
        mark_sent(letter, now=now)
        gone.append((letter.kind.value, letter.sequence))
    return gone


def clerks_of(appointment: int) -> list[tuple[int, int]]:
    at = AppointmentClerk
    query = sa.select(at.clerk_id, at.after_minutes).where(at.appointment_id == appointment).order_by(at.clerk_id)
    return [tuple(row) for row in db.session.execute(query)]


def offered(now: datetime) -> tuple[int, ...]:
    return find_starts("musterstadt", (Wish("personalausweis"),), now=now).offices[0].starts


def test_a_cancelled_appointment_comes_back_and_nobody_has_heard_of_it() -> None:
    found = an_appointment()
    send_all(STEP)
    gone = cancel(found.token, now=STEP)
    back = undo(found.token, step=gone.sequence, now=IN_TIME)
    assert (back.status, back.start, back.cancelled_by) == (Status.CONFIRMED, NINE, None)
    assert_owned_exactly(IN_TIME)
    assert len(db.session.scalars(sa.select(Claim)).all()) == 1
    assert send_all(STEP + timedelta(hours=1)) == []
    assert letters()[-1][0::3] == ("cancelled_by_citizen", "superseded")


@pytest.mark.parametrize("make", [an_appointment, a_booking])
def test_taking_back_comes_to_an_end_and_cancelling_does_not(
    make: Callable[[], Appointed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MOST_EDITIONS", 8)
    found = make()
    for _ in range(9):
        gone = cancel(found.token, now=STEP)
        if way_back(gone, now=STEP) is None:
            break
        undo(found.token, step=gone.sequence, now=STEP)
    with pytest.raises(UndoOver):
        undo(found.token, step=gone.sequence, now=STEP)
    assert gone.status is Status.CANCELLED
    assert len(letters()) <= 11
    assert_owned_exactly(STEP)


def test_a_moved_appointment_goes_back_and_nobody_has_heard_of_it() -> None:
    found = an_appointment()
    send_all(STEP)
    moved = move(found.token, TEN, now=STEP)
    back = undo(found.token, step=moved.sequence, now=IN_TIME)
    assert (back.status, back.start, back.end) == (Status.CONFIRMED, found.start, found.end)
    assert_owned_exactly(IN_TIME)
    assert send_all(STEP + timedelta(hours=1)) == []
    assert int(TEN.timestamp()) in offered(IN_TIME)


def test_without_an_undo_the_letter_leaves_after_the_minute_and_not_before() -> None:
    found = an_appointment()
    send_all(STEP)
    cancel(found.token, now=STEP)
    assert send_all(IN_TIME) == []
    assert send_all(STEP + SOON) == [("cancelled_by_citizen", 1)]


def test_the_given_up_time_is_nobody_s_for_a_minute_and_then_everybody_s() -> None:
    found = an_appointment()
    cancel(found.token, now=STEP)
    assert int(NINE.timestamp()) not in offered(IN_TIME)
    with pytest.raises(StartTaken):
        book(an_order(email="ben@example.org"), now=IN_TIME)
    assert int(NINE.timestamp()) in offered(STEP + SOON)
    assert book(an_order(email="ben@example.org"), now=STEP + SOON)


@pytest.mark.parametrize("step", [lambda t: cancel(t, now=STEP), lambda t: move(t, TEN, now=STEP)])
def test_after_the_minute_it_is_too_late(step) -> None:
    found = an_appointment()
    done = step(found.token)
    assert way_back(done, now=STEP + SOON) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=done.sequence, now=STEP + SOON)
    assert find_by_token(found.token).status is done.status
    assert_owned_exactly(STEP + SOON)


def test_undoing_twice_changes_nothing_the_second_time_even_when_late() -> None:
    found = an_appointment()
    gone = cancel(found.token, now=STEP)
    once = undo(found.token, step=gone.sequence, now=IN_TIME)
    twice = undo(found.token, step=gone.sequence, now=STEP + 3 * SOON)
    assert (twice.status, twice.sequence, twice.start) == (once.status, once.sequence, once.start)
    assert_owned_exactly(STEP + 3 * SOON)


def test_an_undo_from_another_tab_does_not_undo_a_later_move() -> None:
    found = an_appointment()
    first = move(found.token, TEN, now=STEP)
    second = move(found.token, TEN + timedelta(minutes=30), now=STEP)
    with pytest.raises(UndoOver):
        undo(found.token, step=first.sequence, now=IN_TIME)
    assert undo(found.token, step=second.sequence, now=IN_TIME).start == TEN
    assert_owned_exactly(IN_TIME)


def test_what_is_undone_cannot_be_undone_further() -> None:
    found = an_appointment()
    move(found.token, TEN, now=STEP)
    gone = cancel(found.token, now=STEP)
    back = undo(found.token, step=gone.sequence, now=IN_TIME)
    assert (back.status, back.start) == (Status.CONFIRMED, TEN)
    assert way_back(back, now=IN_TIME) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=back.sequence, now=IN_TIME)


def test_what_was_moved_and_cancelled_and_kept_is_told_of_its_new_time() -> None:
    found = an_appointment()
    send_all(STEP)
    move(found.token, TEN, now=STEP)
    gone = cancel(found.token, now=STEP)
    undo(found.token, step=gone.sequence, now=IN_TIME)
    assert ("confirmed", 3) in send_all(STEP + timedelta(hours=1))


def test_cancelling_in_one_tab_and_moving_in_another_leaves_it_cancelled() -> None:
    found = an_appointment()
    gone = cancel(found.token, now=STEP)
    for start in (NINE, TEN):
        with pytest.raises(NotPossibleNow):
            move(found.token, start, now=STEP)
    assert undo(found.token, step=gone.sequence, now=IN_TIME).status is Status.CONFIRMED


def test_moving_back_by_hand_within_the_minute_is_an_undo() -> None:
    found = an_appointment()
    send_all(STEP)
    move(found.token, TEN, now=STEP)
    assert move(found.token, NINE, now=IN_TIME).start == NINE
    assert send_all(STEP + timedelta(hours=1)) == []
    assert_owned_exactly(IN_TIME)


@pytest.mark.parametrize("step", [lambda t: cancel(t, now=STEP), lambda t: move(t, TEN, now=STEP)])
def test_who_has_been_told_is_told_again_with_a_higher_sequence(step) -> None:
    found = an_appointment()
    send_all(STEP)
    done = step(found.token)
    on_its_way = claim(now=STEP + SOON)  # by a process whose clock is fast
    assert on_its_way is not None
    back = undo(found.token, step=done.sequence, now=IN_TIME)
    mark_sent(on_its_way, now=IN_TIME)
    (told,) = send_all(IN_TIME)
    assert told[1] == back.sequence > done.sequence
    assert told[0] == ("moved" if done.status is Status.CONFIRMED else "confirmed")
    assert letters()[-1][1] == "REQUEST"


@pytest.mark.parametrize("come_to_nothing", ["killed", "deferred"])
def test_a_letter_that_may_have_left_counts_as_sent(come_to_nothing: str) -> None:
    found = an_appointment()
    send_all(STEP)
    gone = cancel(found.token, now=STEP)
    tried = claim(now=STEP + SOON)
    assert tried is not None
    if come_to_nothing == "deferred":
        mark_deferred(tried, "451", now=IN_TIME)
    undo(found.token, step=gone.sequence, now=IN_TIME)
    assert letters()[-1] == sent("confirmed", 2)


def test_a_letter_that_was_given_back_untried_was_never_sent() -> None:
    found = an_appointment()
    send_all(STEP)
    gone = cancel(found.token, now=STEP)
    tried = claim(now=STEP + SOON)
    assert tried is not None
    put_back(tried)
    undo(found.token, step=gone.sequence, now=IN_TIME)
    assert letters()[-1][0::3] == ("cancelled_by_citizen", "superseded")


def test_with_the_first_letter_still_waiting_an_undone_move_loses_no_confirmation() -> None:
    """The relay was away: whatever becomes of the first letter, the last one says what is true."""
    found = an_appointment()  # its letter waits
    moved = move(found.token, TEN, now=STEP)
    undo(found.token, step=moved.sequence, now=IN_TIME)
    gone = send_all(STEP + timedelta(hours=1))
    assert gone[-1] == ("confirmed", 2)


def test_a_calendar_file_fetched_meanwhile_is_older_than_the_restored_one() -> None:
    found = an_appointment()
    gone = cancel(found.token, now=STEP)
    assert undo(found.token, step=gone.sequence, now=IN_TIME).sequence > gone.sequence


def test_what_staff_gave_to_somebody_else_does_not_come_back() -> None:
    found = an_appointment()
    moved = move(found.token, TEN, now=STEP)
    row = db.session.get_one(Appointment, found.id)
    db.session.execute(sa.delete(Cell).where(Cell.appointment_id.is_(None)))  # staff may take what is held
    db.session.commit()
    book(an_order(email="ben@example.org"), now=STEP)
    with pytest.raises(StartTaken):
        undo(found.token, step=moved.sequence, now=IN_TIME)
    assert db.session.get_one(Appointment, row.id, populate_existing=True).start == TEN
    assert_owned_exactly(IN_TIME)


def test_who_has_filled_the_quota_meanwhile_keeps_the_cancellation() -> None:
    first = an_appointment()
    for step in range(1, 3):
        an_appointment(start=NINE + timedelta(minutes=30 * step))
    gone = cancel(first.token, now=STEP)
    fourth = a_booking(now=STEP, start=NINE + timedelta(hours=2))
    confirm(fourth.token, now=STEP)
    with pytest.raises(TooManyAppointments):
        undo(first.token, step=gone.sequence, now=IN_TIME)
    assert find_by_token(first.token).status is Status.CANCELLED
    assert_owned_exactly(IN_TIME)


def test_what_the_office_cancelled_is_not_undone_by_the_link() -> None:
    found = an_appointment()
    gone = cancel_by_office(found.id, now=STEP)
    assert way_back(gone, now=IN_TIME) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=gone.sequence, now=IN_TIME)


def test_the_office_s_cancellation_closes_the_way_back_from_a_move() -> None:
    found = an_appointment()
    moved = move(found.token, TEN, now=STEP)
    cancel_by_office(found.id, now=STEP)
    with pytest.raises(UndoOver):
        undo(found.token, step=moved.sequence, now=IN_TIME)


def test_who_was_checked_in_meanwhile_stays_at_the_new_time() -> None:
    found = an_appointment()
    moved = move(found.token, TEN, now=STEP)
    db.session.execute(sa.update(Appointment).values(status=Status.CHECKED_IN.value))
    db.session.commit()
    with pytest.raises(UndoOver):
        undo(found.token, step=moved.sequence, now=IN_TIME)


def test_an_unconfirmed_booking_comes_back_unconfirmed() -> None:
    booked = a_booking()
    send_all(MONDAY)
    gone = cancel(booked.token, now=STEP)
    back = undo(booked.token, step=gone.sequence, now=IN_TIME)
    assert back.status is Status.PENDING
    assert db.session.scalars(sa.select(Claim)).all() == []
    assert_owned_exactly(IN_TIME)
    assert confirm(booked.token, now=IN_TIME).status is Status.CONFIRMED
    assert send_all(IN_TIME) == [("confirmed", 1)]


def test_a_move_to_another_office_goes_back_to_the_first_and_to_its_clerk() -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    elsewhere = an_office(town, "standesamt")
    for concern in db.session.scalars(sa.select(Concern)):
        concern.offices.append(ConcernOffice(office_id=elsewhere.id, minutes=30))
    clerk = a_clerk(town, elsewhere, "sta1")
    town.revision += 1
    db.session.commit()
    found = an_appointment()
    before = clerks_of(found.id)
    moved = move(found.token, TEN, office="standesamt", now=STEP)
    assert clerks_of(found.id) == [(clerk.id, 0)] != before
    assert moved.end - moved.start == timedelta(minutes=30)
    back = undo(found.token, step=moved.sequence, now=IN_TIME)
    assert (back.office.slug, back.start, back.end) == ("buergerbuero", NINE, found.end)
    assert [concern.minutes for concern in back.concerns] == [15]
    assert clerks_of(found.id) == before
    assert_owned_exactly(IN_TIME)


def test_an_office_that_closed_meanwhile_still_gets_its_appointment_back() -> None:
    found = an_appointment()
    gone = cancel(found.token, now=STEP)
    db.session.scalars(sa.select(Office)).one().active = False
    db.session.scalars(sa.select(Municipality)).one().revision += 1
    db.session.commit()
    assert undo(found.token, step=gone.sequence, now=IN_TIME).status is Status.CONFIRMED


def test_the_way_back_goes_with_the_appointment_even_if_nobody_forgot_it() -> None:
    found = an_appointment()
    cancel(found.token, now=STEP)
    assert erase_expired(now=STEP + timedelta(days=365)) == 1
    assert db.session.scalars(sa.select(Undo)).all() == []


def test_the_way_back_is_forgotten_soon() -> None:
    cancel(an_appointment().token, now=STEP)
    forget(now=STEP + timedelta(minutes=10))
    assert db.session.scalars(sa.select(Undo)).all() == []


@pytest.mark.parametrize("step", [lambda t: cancel(t, now=STEP), lambda t: move(t, TEN, now=STEP)])
def test_every_clerk_of_an_appointment_comes_back_with_it(step) -> None:
    town, office = db.session.scalars(sa.select(Municipality)).one(), db.session.scalars(sa.select(Office)).one()
    witness = a_clerk(town, office, "platz2")
    town.revision += 1
    db.session.commit()
    found = an_appointment()
    row = db.session.get_one(Appointment, found.id)
    row.clerks.append(AppointmentClerk(clerk_id=witness.id, after_minutes=10))
    assert own_cells(row.id, witness.id, moments_with(row, row.clerks[-1]))
    db.session.commit()
    before = clerks_of(found.id)
    done = step(found.token)
    undo(found.token, step=done.sequence, now=IN_TIME)
    assert clerks_of(found.id) == before
    assert len(before) == 2
    assert_owned_exactly(IN_TIME)


def test_a_way_back_that_is_forgotten_while_it_is_waited_for_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    found = an_appointment()
    gone = cancel(found.token, now=STEP)
    lock = undoing.lock_appointment

    def wait(*rows: Any) -> Catalogue:
        db.session.connection().execute(sa.delete(Undo))  # as the job does, past this session
        return lock(*rows)

    monkeypatch.setattr(undoing, "lock_appointment", wait)
    with pytest.raises(UndoOver):
        undo(found.token, step=gone.sequence, now=IN_TIME)


def test_what_was_cancelled_just_before_its_start_comes_back_until_the_start() -> None:
    found = an_appointment()
    gone = cancel(found.token, now=NINE - timedelta(seconds=20))
    way = way_back(gone, now=NINE - timedelta(seconds=1))
    assert way is not None
    assert way.until == NINE
    assert way_back(gone, now=NINE) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=gone.sequence, now=NINE)
    assert undo(found.token, step=gone.sequence, now=NINE - timedelta(seconds=1)).status is Status.CONFIRMED


def test_what_was_moved_away_just_before_its_start_does_not_go_back_into_the_past() -> None:
    found = an_appointment()
    moved = move(found.token, NINE + timedelta(days=1), now=NINE - timedelta(seconds=20))
    assert way_back(moved, now=NINE) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=moved.sequence, now=NINE)


@pytest.mark.parametrize("is_undone", [True, False])
def test_who_was_reminded_is_reminded_anew_of_another_time_but_not_of_the_one_that_came_back(is_undone: bool) -> None:
    found = an_appointment()  # on Tuesday; the reminder is due on Monday
    db.session.execute(sa.update(Appointment).values(confirmed_at=MONDAY - timedelta(days=7)))
    db.session.execute(sa.update(Letter).values(created_at=MONDAY - timedelta(days=7)))
    db.session.commit()
    due = MONDAY + timedelta(hours=2)
    send_all(MONDAY)
    assert remind(now=due) == 1
    assert send_all(due)[-1][0] == "reminder"
    moved = move(found.token, TEN, now=due)
    if is_undone:
        undo(found.token, step=moved.sequence, now=due + timedelta(seconds=30))
    db.session.execute(sa.update(Letter).values(created_at=MONDAY - timedelta(days=7)))  # not fresh news either way
    db.session.commit()
    assert remind(now=due + 2 * SOON) == (0 if is_undone else 1)
