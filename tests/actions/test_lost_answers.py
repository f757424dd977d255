"""A commit happens and its answer is lost: the action runs again and finds its work done."""

import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext
from sqlalchemy.exc import DBAPIError

from booking.actions.extend import extend
from booking.actions.marks import mark, undo_mark
from booking.actions.walk_ins import arrive, take
from booking.extensions import db
from booking.models import Appointment, Audit, Mark
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor
from tests.builders import NINE
from tests.counter import WISHES, a_counter, booked, clerk, entry_of, waiting
from tests.ownership import assert_owned_exactly


def press_finish(desk: Actor) -> Callable[[], object]:
    found = booked()
    return lambda: mark(found, Verb.FINISH, by=desk, now=NINE)


def press_missing(desk: Actor) -> Callable[[], object]:
    found = booked()
    return lambda: mark(found, Verb.MISS, by=desk, now=NINE)


def take_back(desk: Actor) -> Callable[[], object]:
    found = booked()
    mark(found, Verb.MISS, by=desk, now=NINE)
    way = entry_of(found).undo
    assert way is not None
    return lambda: undo_mark(found, way.step, by=desk, now=NINE)


def lengthen(desk: Actor) -> Callable[[], object]:
    found = booked()
    mark(found, Verb.SERVE, by=desk, now=NINE)
    return lambda: extend(found, 10, by=desk, now=NINE)


def walk_in(desk: Actor) -> Callable[[], object]:
    return lambda: arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=NINE)


def take_in(desk: Actor) -> Callable[[], object]:
    found, one = waiting(desk), clerk("platz1")
    return lambda: take(found, one, by=desk, now=NINE)


@pytest.mark.parametrize("prepare", [press_finish, press_missing, take_back, lengthen, walk_in, take_in])
def test_what_was_done_is_done_once(
    context: AppContext, prepare: Callable[[Actor], Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    act = prepare(a_counter())
    before = standing()
    commit, lost = db.session.commit, iter([True])

    def commit_and_lose() -> None:
        commit()
        if next(lost, False):
            kept.append(standing())
            raise DBAPIError("COMMIT", {}, sqlite3.OperationalError("gone"), connection_invalidated=True)

    kept: list[object] = []
    monkeypatch.setattr(db.session, "commit", commit_and_lose)
    act()
    monkeypatch.undo()
    assert standing() == kept[0] != before
    assert_owned_exactly(NINE)


def standing() -> list[object]:
    """Everything that the counter has written."""
    rows = [
        db.session.execute(sa.select(Appointment.status, Appointment.start, Appointment.end, Appointment.number)),
        db.session.execute(sa.select(Mark.verb, Mark.undone)),
        db.session.execute(sa.select(Audit.verb)),
    ]
    found = [sorted(map(tuple, each.all()), key=str) for each in rows]
    db.session.rollback()
    return list(found)
