"""Random mornings at the counter: whatever is pressed in whatever order, active appointments own just their cells."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.actions.book import book
from booking.actions.cancel import cancel_by_office
from booking.actions.extend import extend
from booking.actions.find_appointment import find_by_token
from booking.actions.marks import mark, undo_mark
from booking.actions.move import move
from booking.actions.walk_ins import take
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Appointment, Mark
from booking.rules.lifecycle import Verb
from booking.rules.marks import MARKS
from booking.rules.roles import Actor
from tests.budgets import examples
from tests.builders import MONDAY, NINE, an_appointment, an_order
from tests.counter import MINUTE, a_counter, clerk, day_at, waiting
from tests.ownership import assert_owned_exactly

presses = st.one_of(
    st.tuples(st.just("mark"), st.integers(0, 5), st.sampled_from(MARKS)),
    st.tuples(st.just("undo"), st.integers(0, 5), st.just(None)),
    st.tuples(st.just("extend"), st.integers(0, 5), st.sampled_from([5, 15, 40])),
    st.tuples(st.just("take"), st.integers(0, 5), st.sampled_from(["platz1", "platz2"])),
    st.tuples(st.just("move"), st.integers(0, 3), st.sampled_from([0, 15, 30, 60])),
    st.tuples(st.just("book"), st.just(0), st.sampled_from([0, 5, 15, 30])),
    st.tuples(st.just("cancel"), st.integers(0, 3), st.just(None)),
)
mornings = st.lists(st.tuples(presses, st.integers(0, 9)), max_size=14)


class Morning:
    """Four appointments, two people who wait, and what is done to them, minute by minute."""

    def __init__(self, desk: Actor) -> None:
        self.desk, self.now, self.others = desk, NINE - 10 * MINUTE, 0
        booked = [an_appointment(start=NINE + n // 2 * 15 * MINUTE, email=f"{n}@example.org") for n in range(4)]
        self.tokens = [found.token for found in booked]
        self.references = [found.reference for found in booked] + [waiting(desk, self.now) for _ in range(2)]

    def press(self, what: str, whom: int, how: object) -> None:
        try:
            getattr(self, what)(self.references[whom], whom, how)
        except Refusal:
            db.session.rollback()

    def mark(self, reference: str, _whom: int, verb: Verb) -> None:
        mark(reference, verb, by=self.desk, now=self.now)

    def undo(self, reference: str, _whom: int, _how: None) -> None:
        mine = sa.select(Mark.id).join(Appointment).where(Appointment.reference == reference, Mark.undone.is_(False))
        undo_mark(reference, db.session.scalar(mine.order_by(Mark.id.desc()).limit(1)) or 0, by=self.desk, now=self.now)

    def extend(self, reference: str, _whom: int, minutes: int) -> None:
        extend(reference, minutes, by=self.desk, now=self.now)

    def take(self, reference: str, _whom: int, slug: str) -> None:
        take(reference, clerk(slug), by=self.desk, now=self.now)

    def move(self, _reference: str, whom: int, minutes: int) -> None:
        move(self.tokens[whom], NINE + timedelta(hours=1, minutes=minutes), now=MONDAY)

    def cancel(self, _reference: str, whom: int, _how: None) -> None:
        cancel_by_office(find_by_token(self.tokens[whom]).id, now=self.now)

    def book(self, _reference: str, _whom: int, minutes: int) -> None:
        self.others += 1
        book(an_order(start=NINE + minutes * MINUTE, email=f"other{self.others}@example.org"), now=MONDAY)


@pytest.fixture
def desk(context: AppContext) -> Iterator[Actor]:
    yield a_counter()
    db.session.rollback()


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mornings)
def test_whatever_is_pressed_the_cells_fit(desk: Actor, morning: list[tuple[tuple[str, int, object], int]]) -> None:
    begin_anew()
    at = Morning(desk)
    for (what, whom, how), minutes in morning:
        at.now += minutes * MINUTE
        at.press(what, whom, how)
        assert_owned_exactly(MONDAY)
        check_the_day(at)


def check_the_day(at: Morning) -> None:
    """Every entry is somewhere once; who has a time has clerks, and what the day calls free is nobody's."""
    day = day_at(MONDAY)
    shown = [entry.reference for entry in [*day.entries, *day.waiting, *day.gone]]
    assert len(shown) == len(set(shown))
    assert set(at.references) <= set(shown)
    assert all(entry.clerks for entry in day.entries)
    assert not any(entry.clerks for entry in day.waiting)
    for column in day.columns:
        taken = [span for entry in column.entries if (span := entry.span_with(column.clerk.id))]
        assert not any(free.overlaps(span) for free in column.free for span in taken)
    numbers = [entry.number for entry in [*day.entries, *day.waiting] if entry.number]
    assert len(numbers) == len(set(numbers))
    db.session.rollback()


def begin_anew() -> None:
    db.session.rollback()
    tables = ("mark", "undo", "cell", "letter", "claim", "replay", "appointment_concern", "appointment_clerk")
    for table in (*tables, "call", "appointment"):
        db.session.execute(sa.text(f'DELETE FROM "{table}"'))
    db.session.commit()
