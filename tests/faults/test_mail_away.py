"""A mail relay away for a day: bookings go on, none expires unread, and every letter leaves when it is back."""

from collections.abc import Callable
from datetime import datetime, timedelta

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
from tests.ownership import assert_owned_exactly
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
        assert_owned_exactly(back)


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
