"""A mail relay that is away for a day, dies or is slow: bookings go on, none expires unread, every letter leaves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.send_letters import send_letters
from booking.extensions import db
from booking.models import Appointment, Letter, LetterStatus
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_booking, a_municipality
from tests.faults.whole import assert_whole
from tests.relays import Relay, listening

pytestmark = pytest.mark.faults

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


@pytest.fixture
def relay(free_port: int) -> Relay:
    """A relay at which nobody listens yet."""
    away = Relay()
    away.port = free_port
    return away


def sweep(now: datetime) -> None:
    """What the job process does all day."""
    expire_pendings(now=now)
    send_letters(lambda: now)


def test_nothing_expires_unread_though_no_letter_leaves_for_a_day(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(mail_port=relay.port)
    back = MONDAY + DAY - timedelta(minutes=1)
    with app.app_context():
        a_municipality()
        booked = []
        for hour in range(0, 24, 4):
            now = MONDAY + HOUR * hour
            start = NINE + timedelta(days=2, minutes=15 * hour // 4)
            booked.append(a_booking(now=now, start=start.replace(second=0), email=f"{hour}@example.org"))
            sweep(now)
        sweep(back)
        waiting = db.session.scalars(sa.select(Letter.attempts).where(Letter.status == LetterStatus.WAITING)).all()
        assert waiting == [0] * 6
        assert set(db.session.scalars(sa.select(Appointment.status))) == {Status.PENDING}
        with listening(relay):
            sweep(back)
        assert len(relay.taken) == 6
        for found in booked:
            assert confirm(found.token, now=back + timedelta(minutes=20)).status is Status.CONFIRMED
    told = dict.fromkeys([found.reference for found in booked], "confirmed")
    assert_whole(app, now=back + timedelta(minutes=20), told=told, relay=relay)


def test_who_does_not_confirm_after_the_relay_is_back_loses_the_time_then_and_not_before(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(mail_port=relay.port)
    back = MONDAY + DAY - timedelta(minutes=1)
    with app.app_context():
        a_municipality()
        found = a_booking(start=NINE + timedelta(days=2))
        with listening(relay):
            sweep(back)
        row = db.session.get_one(Appointment, found.id, populate_existing=True)
        assert row.confirm_by is not None
        assert row.confirm_by > back + timedelta(minutes=15)
        sweep(row.confirm_by - timedelta(seconds=1))
        assert db.session.scalar(sa.select(Appointment.status)) == Status.PENDING
        db.session.rollback()
        sweep(row.confirm_by)
        assert db.session.scalar(sa.select(Appointment.status)) == Status.EXPIRED
        assert_whole(app, now=row.confirm_by, told={found.reference: "expired"}, relay=relay)


def test_a_relay_that_dies_before_it_says_yes_gets_the_letter_again_with_the_same_message_id(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(mail_port=relay.port)
    with app.app_context(), listening(relay):
        a_municipality()
        found = a_booking(start=NINE + timedelta(days=2))
        relay.deaths = 1
        sweep(MONDAY)
        assert len(relay.taken) == 1
        later = MONDAY + timedelta(minutes=2)
        sweep(later)
        ids = [str(message["Message-ID"]) for message in relay.taken]
        assert len(ids) == 2
        assert len(set(ids)) == 1
        assert confirm(found.token, now=later + timedelta(minutes=29)).status is Status.CONFIRMED
        sweep(later + timedelta(minutes=30))
    assert_whole(app, now=later + timedelta(minutes=30), told={found.reference: "confirmed"}, relay=relay)


def test_greylisting_costs_minutes_and_neither_the_time_nor_a_second_letter(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(mail_port=relay.port)
    with app.app_context(), listening(relay):
        a_municipality()
        found = a_booking(start=NINE + timedelta(days=2), email="grey@example.org")
        relay.answers["grey@example.org"] = "451 4.7.1 Greylisted, please come back"
        other = a_booking(start=NINE + timedelta(days=3), email="white@example.org")
        sweep(MONDAY)
        assert [list(to) for _, to in relay.envelopes] == [["white@example.org"]]
        del relay.answers["grey@example.org"]
        taken = MONDAY + timedelta(minutes=2)
        sweep(taken)
        assert len(relay.taken) == 2
        assert confirm(found.token, now=taken + timedelta(minutes=29)).status is Status.CONFIRMED
        sweep(taken + timedelta(minutes=29))
    told = {found.reference: "confirmed", other.reference: "expired"}
    assert_whole(app, now=taken + timedelta(minutes=29), told=told, relay=relay)


def test_a_relay_that_answers_nobody_for_hours_and_drops_every_second_letter_gets_all_of_them(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(mail_port=relay.port)
    with app.app_context():
        a_municipality()
        starts = [NINE + timedelta(days=2, minutes=15 * number) for number in range(6)]
        booked = [a_booking(start=start, email=f"{start:%M%H}@example.org") for start in starts]
        for hour in range(3):
            sweep(MONDAY + HOUR * hour)  # nobody listens
        with listening(relay):
            for minute in range(0, 120, 2):
                relay.drops = minute % 4 // 2
                sweep(MONDAY + HOUR * 3 + timedelta(minutes=minute))
        assert len(relay.taken) == 6
    told = dict.fromkeys([found.reference for found in booked])  # nobody confirms: when each one ends is drawn by dice
    assert_whole(app, now=MONDAY + HOUR * 5, told=told, relay=relay)


def test_while_a_slow_relay_thinks_about_a_letter_others_book(
    relay: Relay, with_settings: Callable[..., Flask]
) -> None:
    """It takes as long as two bookings: they would wait for each other for ever if a lock were held meanwhile."""
    app = with_settings(mail_port=relay.port)
    told: dict[str, str] = {}

    def book_another() -> None:
        start = NINE + timedelta(days=2, minutes=15 * len(told))
        told[a_booking(start=start, email=f"{len(told)}@example.org").reference] = "pending"

    def think(_letter: EmailMessage) -> None:
        with app.app_context():
            for _ in range(2 if len(told) < 8 else 0):
                book_another()

    relay.on_message = think
    with app.app_context(), listening(relay):
        a_municipality()
        book_another()
        sweep(MONDAY)
    assert len(told) == len(relay.taken) == 9
    assert_whole(app, now=MONDAY, told=told, relay=relay)
