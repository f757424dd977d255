"""Staff and citizens at the same instant: whatever wins, one time, one story, every cell owned once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking.actions.cancel import cancel
from booking.actions.move import move
from booking.actions.relocate import Did, Means, Outcome, solve, solve_all
from booking.extensions import db
from booking.models import Appointment, Letter
from tests.actions.stranding import falls_ill, letters, row_of, stranded
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly
from tests.racing import race

pytestmark = pytest.mark.faults

NOW = MONDAY + timedelta(minutes=30)


@pytest.fixture
def ill(app: Flask):
    """Return two appointments of a clerk who is ill, and a manager."""
    with app.app_context():
        a_municipality()
        found = [
            an_appointment(start=NINE + timedelta(minutes=30 * place), email=f"p{place}@example.org")
            for place in range(2)
        ]
        falls_ill()
        return found, a_login("leitung", "manager")


@pytest.mark.parametrize("step", ["cancel", "move"])
def test_a_citizen_who_acts_while_staff_relocate_has_the_last_or_the_only_word(app: Flask, ill, step: str) -> None:
    (anna, _), by = ill
    elsewhere = NINE + timedelta(days=2)
    acts = {"cancel": lambda: cancel(anna.token, now=NOW), "move": lambda: move(anna.token, elsewhere, now=NOW)}
    _, outcome = race(app, acts[step], lambda: solve(by, anna.id, Means.RELOCATE, now=NOW))
    with app.app_context():
        row = row_of(anna.id)
        assert row.status == "cancelled" if step == "cancel" else row.start == elsewhere
        assert isinstance(outcome, Outcome)
        told = {"moved", "cancelled_by_citizen"}
        first = ["relocated"] if outcome.did is Did.MOVED else []
        assert [kind for kind, _ in letters(anna.id)][: len(first)] == first
        assert letters(anna.id)[-1][0] in told
        sequences = [sequence for _, sequence in letters(anna.id)]
        assert sequences == sorted(set(sequences))
        assert_owned_exactly(NOW)


def test_two_of_the_staff_who_press_at_once_move_everybody_once(app: Flask, ill) -> None:
    found, by = ill
    ids = [appointment.id for appointment in found]
    outcomes = race(app, *(lambda: solve_all(by, ids, Means.RELOCATE, now=NOW) for _ in range(2)))
    assert sorted(one.did for several in outcomes for one in several) == [Did.MOVED] * 2 + [Did.SOLVED_BEFORE] * 2
    with app.app_context():
        assert stranded(NOW) == []
        starts = db.session.scalars(select(Appointment.start)).all()
        assert len(set(starts)) == 2
        written = db.session.scalars(select(Letter.kind).where(Letter.kind == "relocated")).all()
        assert len(written) == 2
        assert_owned_exactly(NOW)


def test_two_people_who_want_the_same_nearest_time_get_different_ones(app: Flask, ill) -> None:
    found, by = ill
    calls = [lambda each=each: solve(by, each.id, Means.RELOCATE, now=NOW) for each in found]
    outcomes = race(app, *calls)
    assert [outcome.did for outcome in outcomes] == [Did.MOVED, Did.MOVED]
    assert outcomes[0].after.start != outcomes[1].after.start
    with app.app_context():
        assert_owned_exactly(NOW)
