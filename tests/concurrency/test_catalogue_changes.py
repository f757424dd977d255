"""Bookings that wait while the catalogue changes decide by the new one."""

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.catalogues import catalogue_of
from booking.actions.find_starts import find_starts
from booking.actions.locking import lock_offices
from booking.actions.transaction import writes
from booking.errors import StartTaken
from booking.extensions import db
from booking.models import Closure, Municipality, Office
from booking.rules.appointments import Wish
from tests.builders import MONDAY, NINE, a_municipality, an_order
from tests.ownership import assert_owned_exactly
from tests.racing import kinds, race

pytestmark = pytest.mark.faults


@writes
def close_the_day(ready: threading.Event, go: threading.Event) -> None:
    """Shut the office on NINE's day, as a catalogue load does, and hold the locks until told to go."""
    catalogue = catalogue_of("musterstadt")
    lock_offices(catalogue, [office.id for office in catalogue.offices])
    town = db.session.scalars(sa.select(Municipality)).one()
    town.revision += 1
    db.session.add(Closure(municipality_id=town.id, first=NINE.date(), last=NINE.date(), name={"de": "Betriebsfest"}))
    db.session.flush()
    ready.set()
    go.wait(10)


def test_who_waited_for_a_change_of_the_catalogue_is_decided_by_the_new_one(app: Flask) -> None:
    with app.app_context():
        a_municipality()
        find_starts("musterstadt", (Wish("personalausweis"),), now=MONDAY)  # the old catalogue is in every cache
    ready, go = threading.Event(), threading.Event()
    threading.Timer(0.5, go.set).start()

    def late_order(number: int) -> object:
        assert ready.wait(10)
        return book(an_order(email=f"{number}@example.org"), now=MONDAY)

    outcomes = race(app, partial(close_the_day, ready, go), *(partial(late_order, n) for n in range(4)))
    assert kinds(outcomes) == {"NoneType": 1, StartTaken.__name__: 4}


def test_bookings_go_on_while_the_revision_rises_again_and_again(app: Flask) -> None:
    with app.app_context():
        a_municipality()

    @writes
    def rename(number: int) -> None:
        catalogue = catalogue_of("musterstadt")
        lock_offices(catalogue, [office.id for office in catalogue.offices])
        db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
        db.session.execute(sa.update(Office).values(room={"de": f"Zimmer {number}"}))

    def change() -> None:
        for number in range(15):
            rename(number)

    def book_many(first: int) -> int:
        starts = [NINE + timedelta(days=first, minutes=15 * step) for step in range(6)]
        for step, start in enumerate(starts):
            book(an_order(start=start, email=f"{first}-{step}@example.org"), now=MONDAY)
        return len(starts)

    assert race(app, change, *(partial(book_many, day) for day in range(3))) == [None, 6, 6, 6]
    with app.app_context():
        assert_owned_exactly(MONDAY)
