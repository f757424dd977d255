"""What the database refuses, and what becomes of it: run again, told to the citizen, or an error of our own."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from booking.actions.book import book
from booking.actions.find_starts import state_now
from booking.actions.transaction import ATTEMPTS, Rerun, reads, writes
from booking.errors import NotFound, StartTaken, Unavailable
from booking.extensions import db
from booking.models import Appointment, Cell, Letter
from tests.builders import MONDAY, a_booking, a_municipality, an_order


class Action:
    """An action that does a thing and counts how often it was run."""

    def __init__(self, thing: Callable[[], object]) -> None:
        self.thing, self.runs = thing, 0

    def __call__(self) -> object:
        self.runs += 1
        return self.thing()


def execute(statement: str, **values: object) -> Action:
    return Action(lambda: db.session.execute(sa.text(statement), values))


@pytest.mark.usefixtures("context")
def test_a_cell_that_somebody_owns_is_a_start_that_is_taken() -> None:
    a_municipality()
    booked = a_booking()
    clerk, moment = db.session.execute(sa.select(Cell.clerk_id, Cell.moment).limit(1)).one()
    insert = "INSERT INTO cell (clerk_id, moment, appointment_id) VALUES (:clerk, :moment, :mine)"
    action = execute(insert, clerk=clerk, moment=moment, mine=booked.id)
    with pytest.raises(StartTaken):
        writes(action)()
    assert action.runs == ATTEMPTS  # every look found the same


@pytest.mark.usefixtures("context")
def test_a_rule_that_we_broke_ourselves_is_an_error_and_nobody_is_told_to_choose_another_time() -> None:
    a_municipality()
    booked = a_booking()  # the name of the rule, cancelled_by, holds the name of the table cell
    action = execute("UPDATE appointment SET status = 'cancelled' WHERE id = :mine", mine=booked.id)
    with pytest.raises(IntegrityError, match="cancelled_by"):
        writes(action)()
    assert action.runs == 1


@pytest.mark.usefixtures("context")
def test_another_key_that_stays_taken_is_an_error() -> None:
    a_municipality()
    booked = a_booking()
    copy = "INSERT INTO claim (municipality_id, contact, place, appointment_id) VALUES (1, :contact, 1, :mine)"
    town = db.session.get_one(Appointment, booked.id).municipality_id
    action = execute(copy.replace("(1,", f"({town},"), contact="x", mine=booked.id)
    writes(action)()
    with pytest.raises(IntegrityError, match="claim"):
        writes(action)()
    assert action.runs == 1 + ATTEMPTS


@pytest.mark.usefixtures("context")
def test_a_lost_race_is_won_at_the_second_look() -> None:
    outcomes = iter([Rerun(), None])

    def thing() -> str:
        if (problem := next(outcomes)) is not None:
            raise problem
        return "done"

    assert writes(thing)() == "done"


@pytest.mark.usefixtures("context")
def test_who_never_gets_a_true_picture_is_asked_to_come_back() -> None:
    def stale() -> None:
        raise Rerun

    with pytest.raises(Unavailable):
        writes(stale)()


@pytest.mark.usefixtures("context")
def test_a_missing_table_is_our_own_fault_and_not_a_database_that_is_away() -> None:
    for decorator in (reads, writes):
        with pytest.raises(DBAPIError):
            decorator(execute("SELECT 1 FROM no_such_table"))()


@pytest.mark.usefixtures("context")
def test_a_refusal_leaves_no_transaction_open() -> None:
    a_municipality()
    with pytest.raises(NotFound):
        book(an_order(office="nowhere"), now=MONDAY)
    assert not db.session.registry().in_transaction()


@pytest.mark.usefixtures("context")
def test_an_empty_pool_is_a_database_that_is_away() -> None:
    def wait() -> None:
        raise PoolTimeout

    for decorator in (reads, writes):
        with pytest.raises(Unavailable):
            decorator(wait)()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_file_that_is_locked_longer_than_we_wait_is_unavailable_and_readers_go_on(
    engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    app = with_settings(database_url=f"{engine_url}?timeout=0.1")
    with app.app_context():
        a_municipality()
        file = Path(str(sa.engine.make_url(engine_url).database))
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(Unavailable):
                a_booking()
            assert state_now("musterstadt").revision == 0
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert a_booking().reference


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_writer_waits_half_a_minute_for_another_unless_told_otherwise(with_settings: Callable[..., Flask]) -> None:
    with with_settings().app_context():
        assert db.session.scalar(sa.text("PRAGMA busy_timeout")) == 30_000
        assert db.session.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert db.session.scalar(sa.text("PRAGMA synchronous")) == 2
        assert db.session.scalar(sa.text("PRAGMA secure_delete")) == 1


@pytest.mark.usefixtures("context")
def test_a_commit_whose_answer_was_lost_is_found_again_and_not_booked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    a_municipality()
    commit, lost = db.session.commit, iter([True])

    def commit_and_lose() -> None:
        commit()
        if next(lost, False):
            raise DBAPIError("COMMIT", {}, sqlite3.OperationalError("gone"), connection_invalidated=True)

    monkeypatch.setattr(db.session, "commit", commit_and_lose)
    found = book(an_order(key="once"), now=MONDAY)
    monkeypatch.undo()
    assert db.session.scalars(sa.select(Appointment.reference)).all() == [found.reference]
    assert len(db.session.scalars(sa.select(Letter)).all()) == 1
