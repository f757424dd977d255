"""Limits and proofs at the same instant: a limit of N admits exactly N, a proof books once."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions import proofs
from booking.actions.book import book
from booking.extensions import db
from booking.models import Appointment, Cell, Guard, Traffic, UsedProof
from tests.builders import MONDAY, NINE, a_municipality, an_order
from tests.ownership import assert_owned_exactly
from tests.proving import solve
from tests.racing import kinds, race

pytestmark = pytest.mark.faults

CLIENTS, LIMIT = 50, 7
STARTS = [NINE + timedelta(days=day, minutes=15 * step) for day in range(3) for step in range(12)]


def a_town(app: Flask, **policy: Any) -> None:
    with app.app_context():
        a_municipality(
            policy={"max_open_per_network": 1000, "max_open_per_contact": 1000, "proof_above": 1000, **policy}
        )


def orders(**fields: Any) -> list[Any]:
    return [
        an_order(**{"start": STARTS[number % len(STARTS)], "email": f"person{number}@example.org", **fields})
        for number in range(CLIENTS)
    ]


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_fifty_clients_of_one_network_get_exactly_as_many_bookings_as_it_may_have(app: Flask) -> None:
    a_town(app, max_open_per_network=LIMIT)
    wanted = [
        an_order(start=STARTS[number % len(STARTS)], email=f"p{number}@example.org", network=f"2001:db8::{number:x}")
        for number in range(CLIENTS)
    ]
    outcomes = kinds(race(app, *(partial(book, order, now=MONDAY) for order in wanted)))
    assert outcomes["Appointment"] == LIMIT
    assert outcomes["RateLimited"] + outcomes["StartTaken"] == CLIENTS - LIMIT
    assert count(app, Appointment) == LIMIT
    with app.app_context():
        assert_owned_exactly(MONDAY)


def test_one_address_owns_exactly_as_many_times_as_it_may(app: Flask) -> None:
    a_town(app, max_open_per_contact=LIMIT)
    wanted = [an_order(start=start, email=f"anna+{number}@example.org") for number, start in enumerate(STARTS[:10])]
    race(app, *(partial(book, order, now=MONDAY) for order in wanted))
    with app.app_context():
        owners = db.session.scalar(sa.select(sa.func.count(sa.distinct(Cell.appointment_id))))
        assert owners == LIMIT
        assert_owned_exactly(MONDAY)


def test_every_booking_is_counted_and_the_mode_begins_once(app: Flask) -> None:
    a_town(app, proof_above=LIMIT)
    outcomes = kinds(race(app, *(partial(book, order, now=MONDAY) for order in orders())))
    assert outcomes["Appointment"] == LIMIT + 1
    assert count(app, Guard) == 1
    with app.app_context():
        assert db.session.scalar(sa.select(Traffic.booked)) == LIMIT + 1


def test_one_proof_sent_twenty_times_at_once_books_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "COST", 1)
    a_town(app, proof_above=0)
    with app.app_context():
        proof = solve(proofs.challenge("musterstadt", "buergerbuero", now=MONDAY))
    outcomes = kinds(race(app, *(partial(book, order, now=MONDAY) for order in orders(proof=proof)[:20])))
    assert outcomes == {"Appointment": 1, "ProofRequired": 19}
    assert count(app, UsedProof) == count(app, Appointment) == 1
