"""A commit happens and its answer is lost: the action runs again and finds its work done."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext
from sqlalchemy.exc import DBAPIError

from booking.actions.absences import Times, end_absence, enter_absence
from booking.actions.add_entry import add_entry
from booking.actions.block_contact import Wish, cancel_and_block
from booking.actions.call_list import Press, note_call
from booking.actions.calls import enlist
from booking.actions.extend import extend
from booking.actions.find_for_staff import Said, find_for_caller
from booking.actions.marks import mark, undo_mark
from booking.actions.personal_data import erase_about, erase_behind
from booking.actions.resend_by_staff import resend_by_staff
from booking.actions.walk_ins import arrive, take
from booking.extensions import db
from booking.models import Absence, Appointment, Audit, Call, Document, Letter, Mark, News, VainSearch
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor
from tests.builders import NINE, an_appointment
from tests.colleagues import a_login
from tests.counter import WISHES, a_counter, booked, clerk, entry_of, waiting
from tests.ownership import assert_owned_exactly

EARLIER = NINE - timedelta(minutes=30)


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


def add_a_document(desk: Actor) -> Callable[[], object]:
    admin = a_login("chef", "admin")
    fields = {"kind": "thing", "name": {"de": "Schlüssel"}}
    return lambda: add_entry(admin, "documents", fields, now=NINE)


def note_a_call(desk: Actor) -> Callable[[], object]:
    row = db.session.scalars(sa.select(Appointment).where(Appointment.reference == booked())).one()
    enlist(row, News.STRANDED, now=NINE)
    db.session.commit()
    call = db.session.scalars(sa.select(Call.id)).one()
    return lambda: note_call(desk, call, Press.NOT_REACHED, seen=0, now=NINE)


def be_back(desk: Actor) -> Callable[[], object]:
    manager, tomorrow = a_login("leitung", "manager"), NINE.date() + timedelta(days=1)
    enter_absence(manager, ["platz1"], Times(tomorrow, tomorrow), now=NINE)
    absence = db.session.scalars(sa.select(Absence.id)).one()
    return lambda: end_absence(manager, absence, now=NINE)


def send_again(desk: Actor) -> Callable[[], object]:
    found = booked()
    return lambda: resend_by_staff(desk, found, now=EARLIER)


def find(desk: Actor) -> Callable[[], object]:
    found = booked()
    return lambda: find_for_caller([desk], Said(reference=found), now=NINE)


def find_nobody(desk: Actor) -> Callable[[], object]:
    return lambda: find_for_caller([desk], Said(reference="AAAAAAA"), now=NINE)


def erase_for_a_caller(desk: Actor) -> Callable[[], object]:
    manager, found = a_login("leitung", "manager"), booked()
    return lambda: erase_about(manager, found, now=EARLIER)


def erase_by_link(desk: Actor) -> Callable[[], object]:
    token = an_appointment().token
    return lambda: erase_behind(token, now=EARLIER)


def block(desk: Actor) -> Callable[[], object]:
    manager, found = a_login("leitung", "manager"), booked()
    return lambda: cancel_and_block(manager, found, Wish("resale", 30), now=EARLIER)


COUNTER = [press_finish, press_missing, take_back, lengthen, walk_in, take_in]
OFFICE = [add_a_document, note_a_call, be_back, send_again, find, find_nobody]
AWAY = [erase_for_a_caller, erase_by_link, block]


@pytest.mark.parametrize("prepare", [*COUNTER, *OFFICE, *AWAY])
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
    """Everything that these actions have written."""
    rows = [
        db.session.execute(sa.select(Appointment.status, Appointment.start, Appointment.end, Appointment.number)),
        db.session.execute(sa.select(Mark.verb, Mark.undone)),
        db.session.execute(sa.select(Audit.verb)),
        db.session.execute(sa.select(Call.tries, Call.outcome)),
        db.session.execute(sa.select(Absence.start, Absence.end)),
        db.session.execute(sa.select(Letter.kind, Letter.created_at)),
        db.session.execute(sa.select(VainSearch.at)),
        db.session.execute(sa.select(Document.slug)),
    ]
    found = [sorted(map(tuple, each.all()), key=str) for each in rows]
    db.session.rollback()
    return list(found)
