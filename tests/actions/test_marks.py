"""What the counter marks, in its order or by a short cut, and every mark taken back."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.day_schedule import day_schedule
from booking.actions.marks import mark, undo_mark
from booking.extensions import db
from booking.models import Audit
from booking.rules.days import Day, Entry
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from tests.builders import NINE, a_municipality, an_appointment
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly

MINUTE = timedelta(minutes=1)
TUESDAY = NINE.date()


@pytest.fixture
def desk(context: AppContext) -> Actor:
    a_municipality()
    return a_login("desk", "desk")


def today(now: datetime = NINE) -> Day:
    return day_schedule("musterstadt", "buergerbuero", TUESDAY, now=now)


def the_entry(now: datetime = NINE) -> Entry:
    day = today(now)
    (entry,) = [*day.entries, *day.waiting, *day.gone]
    return entry


def test_a_visit_goes_its_way_and_every_step_is_kept(desk: Actor) -> None:
    found = an_appointment()
    for minutes, verb in enumerate((Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH)):
        mark(found.reference, verb, by=desk, now=NINE + minutes * MINUTE)
        assert_owned_exactly(NINE)
    entry = the_entry()
    assert (entry.status, entry.number, entry.served_at) == (Status.SERVED, 1, NINE + 3 * MINUTE)
    assert entry.end == NINE + 5 * MINUTE
    assert db.session.scalars(sa.select(Audit.verb).order_by(Audit.id)).all() == ["check-in", "call", "serve", "finish"]
    while (way := the_entry().undo) is not None:
        undo_mark(found.reference, way.step, by=desk, now=NINE + 9 * MINUTE)
        assert_owned_exactly(NINE)
    entry = the_entry()
    assert (entry.status, entry.start, entry.end) == (Status.CONFIRMED, NINE, NINE + 15 * MINUTE)
    assert (entry.number, entry.arrived_at, entry.served_at) == (None, None, None)
