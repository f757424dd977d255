"""Many people at the same instant, at the level of actions: whatever the order, what must always hold does hold."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.move import move
from booking.actions.resend import correct_address
from booking.errors import ConfirmationExpired, LinkRevoked, NotPossibleNow, StartTaken, TooManyAppointments
from booking.extensions import db
from booking.models import Appointment, Block, Clerk, Concern, ConcernOffice, Kind, Letter, Municipality, Office
from booking.rules.lifecycle import Status
from tests.builders import (
    HOURS,
    MONDAY,
    NINE,
    a_booking,
    a_clerk,
    a_municipality,
    an_appointment,
    an_office,
    an_order,
)
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

SOON = MONDAY + timedelta(minutes=2)
LATE = MONDAY + timedelta(hours=25)
QUARTER = timedelta(minutes=15)
ROUNDS = range(4)


@pytest.fixture(autouse=True)
def town(app: Flask) -> Iterator[None]:
    with app.app_context():
        a_municipality(policy={"max_open_per_network": 1000, "max_open_per_contact": 1000, "proof_above": 1000})
    yield
    with app.app_context():
        assert_owned_exactly(SOON)


def letters(app: Flask) -> dict[str, int]:
    with app.app_context():
        counted = sa.select(Letter.kind, sa.func.count().label("times")).group_by(Letter.kind)
        return {row.kind: row.times for row in db.session.execute(counted)}


def statuses(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Appointment.status).order_by(Appointment.id)))


def open_second_office(*, shared: bool) -> None:
    """Open a Standesamt for the same concerns: with a clerk of its own, or with the one of the Bürgerbüro."""
    town = db.session.scalars(sa.select(Municipality)).one()
    office = an_office(town, "standesamt")
    for concern in db.session.scalars(sa.select(Concern)):
        concern.offices.append(ConcernOffice(office_id=office.id))
    if shared:
        clerk = db.session.scalars(sa.select(Clerk)).one()
        clerk.blocks = [
            *clerk.blocks,
            *(Block(office_id=office.id, weekday=day, kind="online", **HOURS) for day in range(5)),
        ]
    else:
        a_clerk(town, office, "platz2")
    town.revision += 1
    db.session.commit()


def test_one_of_sixteen_gets_the_only_clerk_and_the_others_are_told_of_free_times(app: Flask) -> None:
    orders = [an_order(email=f"{number}@example.org") for number in range(16)]
    outcomes = race(app, *(partial(book, order, now=MONDAY) for order in orders))
    assert kinds(outcomes) == {"Appointment": 1, "StartTaken": 15}
    for refusal in outcomes:
        if isinstance(refusal, StartTaken):
            assert refusal.alternatives
            assert NINE not in refusal.alternatives
    assert letters(app) == {Kind.VERIFY: 1}


def test_three_clerks_serve_three_of_twelve(app: Flask) -> None:
    with app.app_context():
        town, office = db.session.scalars(sa.select(Municipality)).one(), db.session.scalars(sa.select(Office)).one()
        a_clerk(town, office, "platz2")
        a_clerk(town, office, "platz3")
        town.revision += 1
        db.session.commit()
    orders = [an_order(email=f"{number}@example.org") for number in range(12)]
    outcomes = race(app, *(partial(book, order, now=MONDAY) for order in orders))
    assert kinds(outcomes) == {"Appointment": 3, "StartTaken": 9}
    assert letters(app) == {Kind.VERIFY: 3}


def test_starts_that_overlap_in_part_never_share_a_cell(app: Flask) -> None:
    orders = [an_order(start=NINE + timedelta(minutes=5 * number), email=f"{number}@b.de") for number in range(12)]
    outcomes = race(app, *(partial(book, order, now=MONDAY) for order in orders))
    booked = kinds(outcomes)["Appointment"]
    assert booked in {2, 3, 4}
    assert letters(app) == {Kind.VERIFY: booked}


@pytest.mark.parametrize("turn", ROUNDS)
def test_swapping_two_times_leaves_both_where_they_were(app: Flask, turn: int) -> None:
    with app.app_context():
        first = an_appointment()
        second = an_appointment(start=NINE + QUARTER, email="ben@example.org")
    outcomes = race(
        app,
        partial(move, first.token, NINE + QUARTER, now=SOON),
        partial(move, second.token, NINE, now=SOON),
    )
    assert kinds(outcomes) == {"StartTaken": 2}
    assert Kind.MOVED not in letters(app)


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_chain_of_moves_moves_who_finds_the_next_place_free(app: Flask, turn: int) -> None:
    with app.app_context():
        chain = [an_appointment(start=NINE + QUARTER * place, email=f"{place}@example.org") for place in range(6)]
    calls = [partial(move, one.token, one.start + QUARTER, now=SOON) for one in chain]
    random.Random(turn).shuffle(calls)
    outcomes = race(app, *calls)
    moved = kinds(outcomes)["Appointment"]
    assert moved >= 1  # the last one always finds the next place free
    assert letters(app).get(Kind.MOVED, 0) == moved


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_late_confirmation_and_a_new_booking_never_both_get_the_time(app: Flask, turn: int) -> None:
    start = NINE + timedelta(hours=2)
    with app.app_context():
        late = a_booking(start=start)
    confirmed, booked = race(
        app,
        partial(confirm, late.token, now=LATE),
        partial(book, an_order(start=start, email="ben@example.org"), now=LATE),
    )
    if isinstance(booked, StartTaken):
        assert confirmed.status is Status.CONFIRMED
        assert start not in booked.alternatives
    else:
        assert isinstance(confirmed, ConfirmationExpired)
        assert start not in confirmed.alternatives
        assert statuses(app) == [Status.EXPIRED, Status.PENDING]


@pytest.mark.parametrize("turn", ROUNDS)
def test_confirming_moving_and_cancelling_at_once_ends_in_one_of_their_states(app: Flask, turn: int) -> None:
    with app.app_context():
        open_second_office(shared=False)
        found = a_booking()
    calls = [
        partial(confirm, found.token, now=SOON),
        partial(move, found.token, NINE + QUARTER * 2, now=SOON),
        partial(move, found.token, NINE, office="standesamt", now=SOON),
        partial(cancel, found.token, now=SOON),
        partial(confirm, found.token, now=SOON),
        partial(cancel, found.token, now=SOON),
    ]
    random.Random(turn).shuffle(calls)
    outcomes = race(app, *calls)
    assert set(kinds(outcomes)) <= {"Appointment", "NotPossibleNow"}
    assert statuses(app) == [Status.CANCELLED]
    written = letters(app)
    assert written.get(Kind.CONFIRMED, 0) <= 1
    assert written.get(Kind.CANCELLED_BY_CITIZEN, 0) == written.get(Kind.CONFIRMED, 0)


@pytest.mark.parametrize("turn", ROUNDS)
def test_who_moves_to_another_office_and_cancels_at_once_owns_nothing(app: Flask, turn: int) -> None:
    with app.app_context():
        open_second_office(shared=False)
        found = an_appointment()
    there, back = (
        partial(move, found.token, NINE, office="standesamt", now=SOON),
        partial(cancel, found.token, now=SOON),
    )
    race(app, there, back)
    assert statuses(app) == [Status.CANCELLED]
    assert letters(app)[Kind.CANCELLED_BY_CITIZEN] == 1


@pytest.mark.parametrize("clerks", [1, 2])
def test_twins_with_one_key_get_one_appointment(app: Flask, clerks: int) -> None:
    with app.app_context():
        if clerks == 2:
            town, office = (
                db.session.scalars(sa.select(Municipality)).one(),
                db.session.scalars(sa.select(Office)).one(),
            )
            a_clerk(town, office, "platz2")
            town.revision += 1
            db.session.commit()
    outcomes = race(app, *[partial(book, an_order(key="one", body=b"same"), now=MONDAY)] * 10)
    assert kinds(outcomes) == {"Appointment": 10}
    assert len({found.reference for found in outcomes}) == 1
    assert len({found.holder for found in outcomes}) == 1
    assert letters(app) == {Kind.VERIFY: 1}


def test_one_key_at_two_offices_books_once(app: Flask) -> None:
    with app.app_context():
        open_second_office(shared=False)
    here = an_order(key="one", body=b"here")
    there = an_order(key="one", body=b"there", office="standesamt")
    outcomes = race(app, partial(book, here, now=MONDAY), partial(book, there, now=MONDAY))
    assert kinds(outcomes) == {"Appointment": 1, "KeyReused": 1}
    assert letters(app) == {Kind.VERIFY: 1}


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_contact_s_last_place_goes_to_one_of_two_confirmations(app: Flask, turn: int) -> None:
    with app.app_context():
        open_second_office(shared=False)
        for step in range(2):
            an_appointment(start=NINE + QUARTER * step)
        rivals = [
            a_booking(start=NINE + QUARTER * (3 + step), office=office)
            for step, office in enumerate(("buergerbuero", "standesamt", "standesamt", "buergerbuero"))
        ]
    outcomes = race(app, *(partial(confirm, one.token, now=SOON) for one in rivals))
    assert kinds(outcomes) == {"Appointment": 1, TooManyAppointments.__name__: 3}
    assert letters(app) == {Kind.VERIFY: 6, Kind.CONFIRMED: 3}


@pytest.mark.parametrize("turn", ROUNDS)
def test_a_clerk_of_two_offices_is_booked_at_one_of_them(app: Flask, turn: int) -> None:
    with app.app_context():
        open_second_office(shared=True)
    offices = ["buergerbuero", "standesamt"] * 4
    orders = [an_order(office=office, email=f"{number}@b.de") for number, office in enumerate(offices)]
    outcomes = race(app, *(partial(book, order, now=MONDAY) for order in orders))
    assert kinds(outcomes) == {"Appointment": 1, "StartTaken": 7}


@pytest.mark.parametrize("turn", ROUNDS)
def test_people_who_change_places_between_offices_do_not_lock_each_other_out(app: Flask, turn: int) -> None:
    with app.app_context():
        open_second_office(shared=False)
        here = [an_appointment(start=NINE + QUARTER * n, email=f"h{n}@b.de") for n in range(3)]
        there = [an_appointment(start=NINE + QUARTER * n, office="standesamt", email=f"t{n}@b.de") for n in range(3, 6)]
    calls = [partial(move, one.token, one.start, office="standesamt", now=SOON) for one in here]
    calls += [partial(move, one.token, one.start, office="buergerbuero", now=SOON) for one in there]
    random.Random(turn).shuffle(calls)
    assert kinds(race(app, *calls)) == {"Appointment": 6}
    assert letters(app)[Kind.MOVED] == 6


@pytest.mark.parametrize("turn", ROUNDS)
def test_the_sweep_takes_nothing_from_who_confirms_in_the_last_second(app: Flask, turn: int) -> None:
    with app.app_context():
        pendings = [a_booking(start=NINE + timedelta(days=1) + QUARTER * n, email=f"{n}@b.de") for n in range(4)]
    end = pendings[0].confirm_by
    assert end is not None
    outcomes = race(
        app,
        *(partial(confirm, one.token, now=end - timedelta(seconds=1)) for one in pendings),
        partial(expire_pendings, now=end),
        partial(expire_pendings, now=end),
    )
    assert kinds(outcomes) == {"Appointment": 4, "int": 2}
    assert statuses(app) == [Status.CONFIRMED] * 4


@pytest.mark.parametrize("turn", range(8))
def test_a_link_that_is_revoked_meanwhile_proves_no_other_address(app: Flask, turn: int) -> None:
    with app.app_context():
        found = a_booking()
    confirmed, corrected = race(
        app,
        partial(confirm, found.token, now=SOON),
        partial(correct_address, found.reference, found.holder, "neu@example.org", now=SOON),
    )
    if isinstance(confirmed, LinkRevoked):
        assert corrected.email == "neu@example.org"
        assert statuses(app) == [Status.PENDING]
    else:
        assert isinstance(corrected, NotPossibleNow)
        assert confirmed.email == found.email
