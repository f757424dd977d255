"""More time to confirm, once (WCAG 2.2.1), and letters that a repeated click does not repeat."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.outbox import claim, mark_sent
from booking.actions.resend import correct_address, extend, letters_asked_for, resend
from booking.errors import LettersSpent, NotFound, NotPossibleNow
from booking.extensions import db
from booking.models import Letter
from booking.rules.appointments import Appointment
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment

MINUTE = timedelta(minutes=1)
THURSDAY = NINE + timedelta(days=2)


@pytest.fixture(autouse=True)
def town(context: AppContext) -> None:
    a_municipality()


def sent(now: datetime) -> None:
    """Let the relay take the letter that waits."""
    letter = claim(now=now)
    assert letter is not None
    mark_sent(letter, now=now)


def more(booked: Appointment, now: datetime) -> Appointment:
    return extend(booked.reference, booked.holder, now=now)


def test_the_time_to_confirm_is_doubled_once() -> None:
    booked = a_booking(start=THURSDAY)
    sent(MONDAY)
    for _ in range(2):
        found = more(booked, MONDAY + 20 * MINUTE)
        assert found.confirm_by == MONDAY + 60 * MINUTE
        assert found.is_extended


def test_time_asked_for_before_the_letter_has_left_is_doubled_when_it_leaves() -> None:
    booked = a_booking(start=THURSDAY)
    assert more(booked, MONDAY).confirm_by == booked.confirm_by  # a day, until the relay has the letter
    sent(MONDAY + 5 * MINUTE)
    assert more(booked, MONDAY + 5 * MINUTE).confirm_by == MONDAY + 65 * MINUTE


def test_a_corrected_address_keeps_the_longer_time() -> None:
    booked = a_booking(start=THURSDAY)
    more(booked, MONDAY)
    correct_address(booked.reference, booked.holder, "neu@example.org", now=MONDAY)
    sent(MONDAY)
    assert more(booked, MONDAY).confirm_by == MONDAY + 60 * MINUTE


def test_it_never_passes_the_lead_time_before_the_start() -> None:
    start = MONDAY + timedelta(hours=1, minutes=45)  # 08:45; the lead time is an hour, twice the time is one too
    booked = a_booking(start=start)
    sent(MONDAY)
    assert more(booked, MONDAY).confirm_by == start - timedelta(hours=1)


def test_what_is_declined_by_letter_is_given_time_like_any_other() -> None:
    for step in range(3):
        a_booking(start=THURSDAY + timedelta(minutes=30 * step))
    declined = a_booking(start=THURSDAY + timedelta(minutes=120))
    assert declined.status is Status.EXPIRED
    assert more(declined, MONDAY).is_extended


def test_there_is_no_more_time_for_what_is_over_or_booked_or_cancelled() -> None:
    late = a_booking(start=THURSDAY)
    sent(MONDAY)
    firm = an_appointment(start=THURSDAY + timedelta(hours=1), email="ben@example.org")
    gone = a_booking(start=THURSDAY + timedelta(hours=2), email="eva@example.org")
    cancel(gone.token, now=MONDAY)
    for booked in (late, firm, gone):
        with pytest.raises(NotPossibleNow):
            more(booked, MONDAY + 30 * MINUTE)


def test_a_stranger_gives_nobody_time() -> None:
    booked, other = a_booking(), a_booking(start=THURSDAY, email="ben@example.org")
    with pytest.raises(NotFound):
        extend(booked.reference, other.holder, now=MONDAY)


def test_the_longer_time_confirms() -> None:
    booked = a_booking(start=THURSDAY)
    sent(MONDAY)
    more(booked, MONDAY + MINUTE)
    assert more(booked, MONDAY + 59 * MINUTE).status_at(MONDAY + 59 * MINUTE) is Status.PENDING
    assert confirm(booked.token, now=MONDAY + 59 * MINUTE).status is Status.CONFIRMED


def test_a_second_click_on_the_same_page_sends_no_second_letter() -> None:
    booked = a_booking()
    seen = letters_asked_for(booked)
    for _ in range(2):
        resend(booked.reference, booked.holder, now=MONDAY, seen=seen)
    assert letters_asked_for(booked) == seen + 1 == len(db.session.scalars(sa.select(Letter.id)).all())


def test_who_has_had_five_letters_is_not_told_to_wait() -> None:
    booked = a_booking()
    for _ in range(4):
        resend(booked.reference, booked.holder, now=MONDAY)
    with pytest.raises(LettersSpent):
        resend(booked.reference, booked.holder, now=MONDAY)
