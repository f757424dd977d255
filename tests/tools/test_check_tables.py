"""The checker that reads only the tables: it excuses what is meant so, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from booking.extensions import db
from booking.models import Appointment, Letter
from tests.builders import MONDAY, NINE, a_booking, a_municipality
from tools.check_tables import wrong_in

pytestmark = pytest.mark.usefixtures("context")
LETTERS_AN_HOUR = 10


def book_often(times: int) -> None:
    for number in range(times):
        a_booking(start=NINE + timedelta(minutes=15 * number), key=f"again-{number}", now=MONDAY)


def lose_letter_of(booking: int) -> None:
    """Lose what was written about the n-th booking, as a fault would."""
    ids = db.session.scalars(sa.select(Appointment.id).order_by(Appointment.id)).all()
    db.session.execute(sa.delete(Letter).where(Letter.appointment_id == ids[booking]))


def untold() -> int:
    return len(wrong_in(db.session.connection(), MONDAY).get("untold", []))


def test_an_address_that_had_ten_letters_within_the_hour_is_told_no_more() -> None:
    a_municipality()
    book_often(LETTERS_AN_HOUR + 2)
    assert db.session.scalar(sa.select(sa.func.count(Letter.id))) == LETTERS_AN_HOUR
    assert wrong_in(db.session.connection(), MONDAY) == {}


def test_a_lost_letter_is_missed() -> None:
    a_municipality()
    book_often(LETTERS_AN_HOUR - 1)
    assert untold() == 0
    lose_letter_of(3)
    assert untold() == 1


def test_ten_letters_of_an_hour_ago_excuse_nothing() -> None:
    a_municipality()
    book_often(LETTERS_AN_HOUR)
    later = MONDAY + timedelta(minutes=61)
    a_booking(start=NINE + timedelta(days=1), key="later", now=later)
    lose_letter_of(LETTERS_AN_HOUR)
    assert untold() == 1
