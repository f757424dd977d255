"""Giving back at once what one booked empties no limit: else one mailbox could fill any hour's traffic."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm
from booking.actions.erase_expired import forget
from booking.actions.personal_data import erase_behind
from booking.errors import RateLimited
from booking.extensions import db
from booking.models import ErasedBooking, Kind, Letter
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status
from booking.rules.limits import COUNTS
from tests.builders import MONDAY, NINE, a_booking, a_municipality

pytestmark = pytest.mark.usefixtures("context")

SECOND, QUARTER = timedelta(seconds=1), timedelta(minutes=15)
Way = Callable[[Appointment, datetime], object]


def cancelled(found: Appointment, now: datetime) -> None:
    cancel(found.token, now=now)


def erased(found: Appointment, now: datetime) -> None:
    erase_behind(found.token, now=now)


def confirmed_and_cancelled(found: Appointment, now: datetime) -> None:
    confirm(found.token, now=now)
    cancel(found.token, now=now)


def confirmed_and_erased(found: Appointment, now: datetime) -> None:
    confirm(found.token, now=now)
    erase_behind(found.token, now=now)


WAYS = pytest.mark.parametrize("way", [cancelled, erased, confirmed_and_cancelled, confirmed_and_erased])


def give_back(way: Way, times: int) -> None:
    for number in range(times):
        now = MONDAY + number * SECOND
        way(a_booking(now, start=NINE + number * QUARTER), now + SECOND)


def asks() -> list[str]:
    kinds = [kind.value for kind in (Kind.VERIFY, Kind.TOO_MANY)]
    return list(db.session.scalars(sa.select(Letter.kind).where(Letter.kind.in_(kinds)).order_by(Letter.id)))


@WAYS
def test_what_is_given_back_counts_for_an_hour(way: Way) -> None:
    a_municipality(policy={})
    give_back(way, 3)
    assert a_booking(MONDAY + QUARTER, start=NINE + timedelta(hours=2)).told_at(MONDAY + QUARTER) is Status.PENDING
    assert asks()[-1] == Kind.TOO_MANY
    db.session.commit()
    a_booking(MONDAY + COUNTS + 4 * SECOND, start=NINE + timedelta(hours=2))
    assert asks()[-1] == Kind.VERIFY


@WAYS
def test_also_against_the_networks_limit(way: Way) -> None:
    a_municipality(policy={"max_open_per_contact": 100, "max_open_per_network": 2})
    give_back(way, 2)
    with pytest.raises(RateLimited):
        a_booking(MONDAY + QUARTER, email="ben@example.org")


def test_what_the_office_cancels_counts_against_nobody() -> None:
    a_municipality(policy={})
    for number in range(3):
        cancel_by_office(a_booking(start=NINE + number * QUARTER).id, now=MONDAY)
    a_booking(MONDAY + QUARTER)
    assert asks()[-1] == Kind.VERIFY


def test_an_address_gets_ten_letters_an_hour_though_each_booking_is_erased() -> None:
    a_municipality(policy={"max_open_per_contact": 3, "max_open_per_network": 1000})
    seen = 0
    for number in range(15):
        now = MONDAY + number * SECOND
        found = a_booking(now, start=NINE + (number % 12) * QUARTER)
        seen += len(asks())
        erase_behind(found.token, now=now)
    assert seen == 10


def test_what_counts_no_more_is_forgotten() -> None:
    a_municipality(policy={})
    give_back(erased, 1)
    [kept] = db.session.scalars(sa.select(ErasedBooking))
    assert (kept.letters, kept.until) == (1, MONDAY + COUNTS)
    db.session.commit()
    forget(now=MONDAY + COUNTS)
    assert db.session.scalars(sa.select(ErasedBooking)).all() == []
