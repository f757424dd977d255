"""When a freed time returns to citizens: at once, or, in abuse mode, at a moment that nobody can foretell."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from booking.actions.book import book
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_starts import find_starts
from booking.actions.move import move
from booking.actions.proofs import challenge
from booking.errors import ConfirmationExpired, StartTaken
from booking.extensions import db
from booking.models import Appointment, Cell, Guard, Office
from booking.rules import surges
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Status
from booking.rules.surges import CALM, LONGEST_DELAY, SHORTEST_DELAY
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment, an_order
from tests.colleagues import a_login
from tests.proving import solve

pytestmark = pytest.mark.usefixtures("context")

SOON = MONDAY + timedelta(minutes=5)
UNDO = timedelta(minutes=1)
AT_NINE = {"start": NINE, "end": NINE + timedelta(minutes=15)}


def in_abuse_mode(until: datetime = MONDAY + 2 * CALM) -> None:
    office = db.session.scalar(sa.select(Office.id).order_by(Office.id))
    db.session.add(Guard(office_id=office, since=MONDAY, until=until))
    db.session.commit()


def returns(now: datetime = SOON) -> list[datetime]:
    held = sa.select(Cell.held_until).where(Cell.appointment_id.is_(None), Cell.held_until > now + UNDO)
    return [moment for moment in db.session.scalars(held) if moment]


def is_offered(start: datetime, now: datetime) -> bool:
    return int(start.timestamp()) in find_starts("musterstadt", [Wish("personalausweis")], now=now).offices[0].starts


def test_in_abuse_mode_a_cancelled_time_returns_after_five_to_sixty_minutes() -> None:
    a_municipality()
    found = an_appointment()
    in_abuse_mode()
    cancel(found.token, now=SOON)
    [moment] = set(returns())
    assert SHORTEST_DELAY <= moment - SOON - UNDO <= LONGEST_DELAY
    assert not is_offered(NINE, moment - timedelta(seconds=1))
    assert is_offered(NINE, moment)


def test_otherwise_it_returns_as_soon_as_it_cannot_be_taken_back_any_more() -> None:
    a_municipality()
    found = an_appointment()
    cancel(found.token, now=SOON)
    assert returns() == []


def test_a_mode_that_is_over_holds_nothing_back() -> None:
    a_municipality()
    found = an_appointment()
    in_abuse_mode(until=SOON + UNDO)
    cancel(found.token, now=SOON)
    assert returns() == []


@pytest.mark.parametrize("policy", [{}, {"release_delay_minutes": 600}])
def test_a_start_within_a_day_returns_at_once(policy: dict[str, int]) -> None:
    a_municipality(policy={"max_open_per_network": 1000, **policy})
    found = an_appointment()
    in_abuse_mode(until=NINE)
    cancel(found.token, now=NINE - timedelta(hours=24))
    assert returns(NINE - timedelta(hours=24)) == []


def test_staff_use_it_at_once() -> None:
    a_municipality()
    found = an_appointment()
    in_abuse_mode()
    cancel(found.token, now=SOON)
    call = an_order(channel="phone", network="", email="", phone="05071 1234567")
    by = a_login("petra", "phone")
    assert book_by_staff(call, by=by, insisting=Insisting(), now=SOON + UNDO).start == NINE


def test_a_lapsed_booking_is_held_back_too() -> None:
    a_municipality(policy={"max_open_per_network": 1000, "confirm_minutes": 30})
    found = a_booking(start=NINE + timedelta(days=3))
    lapsed = found.confirm_by
    assert lapsed is not None
    in_abuse_mode(until=lapsed + CALM)
    expire_pendings(now=lapsed)
    moments = set(db.session.scalars(sa.select(Cell.held_until)))
    assert len(moments) == 1
    assert all(moment and SHORTEST_DELAY <= moment - lapsed <= LONGEST_DELAY for moment in moments)


def test_a_link_that_never_had_the_time_does_not_get_what_is_held_back() -> None:
    a_municipality(policy={"max_open_per_network": 1000, "max_open_per_contact": 1})
    dealer = an_appointment()
    a_booking(email="ben@example.org", start=NINE + timedelta(hours=1))
    in_abuse_mode()
    cancel(dealer.token, now=SOON)
    [moment] = set(returns())
    waiting = book(an_order(email="ben@example.org", by_letter=True, start=NINE + timedelta(hours=2)), now=SOON)
    db.session.execute(sa.update(Appointment).where(Appointment.reference == waiting.reference).values(**AT_NINE))
    db.session.commit()
    with pytest.raises(ConfirmationExpired):
        confirm(waiting.token, now=moment - timedelta(seconds=1))
    assert confirm(waiting.token, now=moment).status is Status.CONFIRMED


LATER = NINE + timedelta(days=3)


def a_lapsing(until: timedelta = 3 * CALM, start: datetime = LATER) -> datetime:
    """Book for a dealer, who lets it lapse in abuse mode; return when that is. No sweep sees it."""
    lapsed = a_booking(start=start, email="dealer@example.org").confirm_by
    assert lapsed is not None
    in_abuse_mode(until=lapsed + until)
    return lapsed


def test_a_lapsed_time_is_held_back_before_any_sweep_has_seen_it() -> None:
    a_municipality()
    lapsed = a_lapsing()
    assert not is_offered(LATER, lapsed - timedelta(seconds=1))
    assert not is_offered(LATER, lapsed)
    wanted = {"start": LATER, "email": "ben@example.org"}
    with pytest.raises(StartTaken) as refused:
        book(an_order(**wanted, proof=proven(lapsed)), now=lapsed)
    assert LATER not in refused.value.alternatives
    later = lapsed + LONGEST_DELAY
    assert not is_offered(LATER, later - timedelta(seconds=1))
    assert is_offered(LATER, later)
    assert book(an_order(**wanted, proof=proven(later)), now=later).status is Status.PENDING


def test_what_lapsed_in_abuse_mode_stays_back_though_the_mode_ends_meanwhile() -> None:
    a_municipality()
    lapsed = a_lapsing(until=timedelta(minutes=1))
    moment = lapsed + timedelta(minutes=2)
    assert not is_offered(LATER, moment)
    with pytest.raises(StartTaken):
        book(an_order(start=LATER), now=moment)


def test_a_mode_that_begins_later_is_told_to_those_who_keep_what_is_free() -> None:
    a_municipality()
    lapsed = a_booking(start=LATER, email="dealer@example.org").confirm_by
    assert lapsed is not None
    assert is_offered(LATER, lapsed)
    in_abuse_mode(until=lapsed + CALM)
    db.session.execute(sa.update(Office).values(version=Office.version + 1))  # as every booking does
    db.session.commit()
    assert not is_offered(LATER, lapsed)


@pytest.mark.parametrize("policy", [{}, {"release_delay_minutes": 600}])
def test_a_lapsed_time_within_a_day_is_free_at_once_and_before_any_sweep(policy: dict[str, int]) -> None:
    a_municipality(policy={"max_open_per_network": 1000, "proof_above": 1000, **policy})
    soon = NINE + timedelta(hours=1)
    lapsed = a_lapsing(start=soon)
    assert is_offered(soon, lapsed)
    assert book(an_order(start=soon, proof=proven(lapsed)), now=lapsed).status is Status.PENDING


def test_a_time_that_comes_within_a_day_while_it_is_held_back_is_free_then() -> None:
    a_municipality()
    lapsed = a_lapsing()
    halfway = lapsed + CALM
    start = halfway + surges.SOON
    db.session.execute(sa.update(Appointment).values(start=start))
    db.session.commit()
    assert not is_offered(LATER, halfway)
    assert is_offered(LATER, halfway + timedelta(seconds=1))


def test_nobody_hands_a_lapsed_time_over_by_a_link_that_never_had_it() -> None:
    a_municipality()
    a_booking(email="ben@example.org", start=NINE + timedelta(hours=1))
    lapsed = a_lapsing()
    waiting = book(an_order(email="ben@example.org", by_letter=True, start=NINE + timedelta(days=2)), now=SOON)
    moved = {"start": LATER, "end": LATER + timedelta(minutes=15)}
    db.session.execute(sa.update(Appointment).where(Appointment.reference == waiting.reference).values(**moved))
    db.session.commit()
    with pytest.raises(ConfirmationExpired):
        confirm(waiting.token, now=lapsed)


def test_nobody_hands_a_lapsed_time_over_by_moving_there() -> None:
    a_municipality()
    buyer = an_appointment(email="ben@example.org", start=NINE + timedelta(days=2))
    lapsed = a_lapsing()
    with pytest.raises(StartTaken):
        move(buyer.token, LATER, now=lapsed)
    assert move(buyer.token, LATER, now=lapsed + LONGEST_DELAY).start == LATER


def proven(now: datetime) -> str:
    return solve(challenge("musterstadt", "buergerbuero", now=now))
