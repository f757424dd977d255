"""The check at the end of every fault test: it is asked everywhere, and sees each thing that a fault could do."""

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.extensions import db
from booking.models import Appointment, Cell, Letter
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment
from tests.faults.whole import assert_whole
from tests.relays import Relay, listening

pytestmark = pytest.mark.faults

LATER = MONDAY + timedelta(minutes=5)
ENDS = {"assert_whole", "assert_whole_after"}
DAY = 86_400  # in seconds
CELLS = sa.select(Cell.moment).where(Cell.appointment_id.is_not(None))
Told = dict[str, str | None]


@pytest.fixture
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


@pytest.fixture
def told(app: Flask, relay: Relay) -> Told:
    """A town with one confirmed and one unconfirmed appointment, of which all is well; and what people know of them."""
    with app.app_context():
        a_municipality()
        confirmed = an_appointment(email="one@example.org")
        pending = a_booking(start=NINE + timedelta(hours=1), email="two@example.org")
    known: Told = {confirmed.reference: "confirmed", pending.reference: "pending"}
    assert_whole(app, now=LATER, told=known, relay=relay)
    return known


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        pytest.param(sa.delete(Cell).where(Cell.moment.in_(CELLS.limit(1))), "'count': .* 'doctor': ", id="cell lost"),
        pytest.param(sa.update(Cell).values(moment=Cell.moment + DAY), "'span': .* 'doctor': ", id="cells elsewhere"),
        pytest.param(sa.update(Appointment).values(status="expired"), "'lost': ", id="answer undone"),
        pytest.param(sa.update(Appointment).values(email="one@example.org"), "one key, two", id="booked twice"),
        pytest.param(sa.delete(Letter), "'untold': .*'arrived from nowhere': ", id="letters lost by the tables"),
        pytest.param(sa.update(Letter).values(status="failed"), "'doctor': .*could not be delivered", id="given up"),
    ],
)
def test_what_a_fault_did_to_the_tables_is_seen(
    app: Flask, relay: Relay, told: Told, damage: sa.Executable, seen: str
) -> None:
    with app.app_context():
        db.session.execute(damage)
        db.session.commit()
    with pytest.raises(AssertionError, match=seen):
        assert_whole(app, now=LATER, told=told, relay=relay)


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        pytest.param(lambda relay: relay.taken.pop(), "sent and never arrived", id="lost"),
        pytest.param(lambda relay: relay.taken.append(EmailMessage()), "arrived from nowhere", id="of another run"),
    ],
)
def test_a_letter_that_only_one_side_knows_is_seen(
    app: Flask, relay: Relay, told: Told, damage: Callable[[Relay], object], seen: str
) -> None:
    damage(relay)
    with pytest.raises(AssertionError, match=seen):
        assert_whole(app, now=LATER, told=told, relay=relay)


def test_an_answer_of_which_the_tables_know_nothing_is_seen(app: Flask, relay: Relay, told: Told) -> None:
    with pytest.raises(AssertionError, match=r"'lost': .*ABCDEFG"):
        assert_whole(app, now=LATER, told=told | {"ABCDEFG": "pending"}, relay=relay)


def test_a_fault_that_doctor_ought_to_tell_and_does_not_is_seen(app: Flask, relay: Relay, told: Told) -> None:
    with pytest.raises(AssertionError, match="'doctor': 'nothing'"):
        assert_whole(app, now=LATER, told=told, relay=relay, expected=["clocks-apart"])


def test_every_fault_test_ends_with_the_check_or_says_why_there_is_nothing_to_check() -> None:
    without = [
        f"{file.name}::{test.name}"
        for file in sorted(Path(__file__).parent.glob("test_*.py"))
        if file != Path(__file__)
        for test in ast.parse(file.read_text()).body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_") and not _is_checked(test)
    ]
    assert without == []


def _is_checked(test: ast.FunctionDef) -> bool:
    names = {call.func.id for call in ast.walk(test) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    return bool(names & ENDS) or any("leaves_nothing" in ast.dump(mark) for mark in test.decorator_list)
