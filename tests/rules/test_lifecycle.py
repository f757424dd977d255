from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.errors import NotPossibleNow
from booking.rules.lifecycle import (
    ACTIVE,
    AFTER,
    BACK,
    Asking,
    Status,
    Verb,
    after,
    back,
    confirm_by,
    extended,
    is_done,
    may,
)
from booking.rules.windows import Policy

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEXT_WEEK = NOON + timedelta(days=7)
POLICY = Policy(lead_minutes=60, confirm_minutes=30)
statuses = pytest.mark.parametrize("status", list(Status))


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_an_appointment_goes_from_pending_to_served() -> None:
    status = Status.PENDING
    for verb in (Verb.CONFIRM, Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH):
        status = after(status, verb)
    assert status is Status.SERVED


def test_check_in_and_call_may_be_left_out() -> None:
    assert after(Status.CONFIRMED, Verb.FINISH) is Status.SERVED


def test_a_late_confirmation_revives_what_expired() -> None:
    assert after(Status.EXPIRED, Verb.CONFIRM) is Status.CONFIRMED
    assert after(Status.EXPIRED, Verb.MOVE) is Status.CONFIRMED


def test_moving_keeps_the_status() -> None:
    assert after(Status.PENDING, Verb.MOVE) is Status.CONFIRMED
    assert after(Status.CONFIRMED, Verb.MOVE) is Status.CONFIRMED


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (Status.CANCELLED, Verb.CONFIRM),
        (Status.CANCELLED, Verb.MOVE),
        (Status.CHECKED_IN, Verb.MOVE),
        (Status.SERVED, Verb.CANCEL),
        (Status.PENDING, Verb.CHECK_IN),
        (Status.CONFIRMED, Verb.EXPIRE),
        (Status.SERVING, Verb.MISS),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_state(status: Status, verb: Verb) -> None:
    assert not may(status, verb)
    with pytest.raises(NotPossibleNow) as refusal:
        after(status, verb)
    assert refusal.value.status == status


@statuses
def test_every_status_says_what_may_be_done_and_where_an_undo_leads(status: Status) -> None:
    assert all(may(status, verb) and after(status, verb) is AFTER[status][verb] for verb in AFTER[status])
    assert status in BACK


@statuses
def test_an_undo_leads_back_where_a_verb_came_from(status: Status) -> None:
    for previous in Status:
        if previous in BACK[status]:
            assert back(status, previous) is previous
            assert status in AFTER[previous].values()
        else:
            with pytest.raises(NotPossibleNow):
                back(status, previous)


def test_only_what_holds_its_time_is_active() -> None:
    assert set(Status) - ACTIVE == {Status.EXPIRED, Status.CANCELLED, Status.NO_SHOW}


def test_confirming_twice_is_done_already() -> None:
    assert is_done(Status.CONFIRMED, Verb.CONFIRM)
    assert is_done(Status.CHECKED_IN, Verb.CONFIRM)
    assert not is_done(Status.PENDING, Verb.CONFIRM)
    assert not is_done(Status.CANCELLED, Verb.CONFIRM)


def test_cancelling_twice_is_done_already() -> None:
    assert is_done(Status.CANCELLED, Verb.CANCEL)
    assert not is_done(Status.CONFIRMED, Verb.CANCEL)
    assert not is_done(Status.CONFIRMED, Verb.MOVE)


# How long a booking may stay unconfirmed


def test_while_the_relay_is_away_a_booking_waits_a_day() -> None:
    assert confirm_by(POLICY, Asking(NEXT_WEEK, NOON)) == NOON + timedelta(hours=24)


def test_the_confirmation_time_runs_from_when_the_letter_left() -> None:
    accepted = NOON + timedelta(hours=20)
    assert confirm_by(POLICY, Asking(NEXT_WEEK, NOON), accepted=accepted) == accepted + minutes(30)


@pytest.mark.parametrize("accepted", [None, NOON + minutes(100)])
def test_it_ends_at_the_lead_time_before_the_start(accepted: datetime | None) -> None:
    start = NOON + minutes(180)
    assert confirm_by(POLICY, Asking(start, NOON), accepted=accepted) == start - minutes(60)


@pytest.mark.parametrize("accepted", [None, NOON, NOON + minutes(10)])
def test_who_books_at_the_edge_of_the_lead_time_still_has_the_confirmation_time(accepted: datetime | None) -> None:
    assert confirm_by(POLICY, Asking(NOON + minutes(60), NOON), accepted=accepted) == NOON + minutes(30)


def test_who_books_minutes_before_the_start_has_until_the_start() -> None:
    nearly = Policy(lead_minutes=0, confirm_minutes=30)
    assert confirm_by(nearly, Asking(NOON + minutes(10), NOON), accepted=NOON) == NOON + minutes(10)


durations = st.integers(0, 3000).map(minutes)


@given(durations, st.none() | durations, st.integers(0, 120), st.integers(1, 120), st.booleans())
def test_everybody_has_a_usable_time_that_ends_before_the_start(
    ahead: timedelta, accepted: timedelta | None, lead: int, usual: int, is_extended: bool
) -> None:
    start = NOON + minutes(lead) + ahead
    policy = Policy(lead_minutes=lead, confirm_minutes=usual)
    until = confirm_by(policy, Asking(start, NOON, is_extended), accepted=None if accepted is None else NOON + accepted)
    assert min(NOON + minutes(usual), start) <= until <= start


# More time


@given(durations, durations, st.integers(0, 120), st.integers(1, 120))
def test_asked_for_before_or_after_the_letter_has_left_it_is_the_same_time(
    ahead: timedelta, accepted: timedelta, lead: int, usual: int
) -> None:
    policy = Policy(lead_minutes=lead, confirm_minutes=usual)
    asking = Asking(NOON + minutes(lead) + ahead, NOON)
    before = confirm_by(policy, replace(asking, is_extended=True), accepted=NOON + accepted)
    known = confirm_by(policy, asking, accepted=NOON + accepted)
    after_it = extended(policy, asking, until=known)
    assert known <= after_it <= before
    assert after_it == before or known == confirm_by(policy, asking)


def test_more_time_is_the_confirmation_time_once_more_up_to_the_lead_time() -> None:
    for start, end in ((NEXT_WEEK, NOON + minutes(60)), (NOON + minutes(105), NOON + minutes(45))):
        asking = Asking(start, NOON)
        assert extended(POLICY, asking, until=confirm_by(POLICY, asking, accepted=NOON)) == end


def test_more_time_leaves_the_provisional_end_as_it_is() -> None:
    asking = Asking(NEXT_WEEK, NOON)
    assert extended(POLICY, asking, until=confirm_by(POLICY, asking)) == NOON + timedelta(hours=24)
