"""The line breaks exactly at COMMIT: the server has done it, and who asked learns nothing. Nothing is done twice."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from booking.actions.book import book
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.cancel import cancel
from booking.actions.cancel_by_staff import cancel_by_staff
from booking.actions.confirm import confirm
from booking.actions.marks import mark
from booking.actions.move import move
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.outbox import claim, mark_sent
from booking.actions.walk_ins import arrive
from booking.errors import Unavailable
from booking.extensions import db
from booking.models import Appointment, Audit, Claim, Letter, LetterStatus, Mark, Office, Replay
from booking.rules.lifecycle import CancelledBy, Verb
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, an_appointment, an_order
from tests.colleagues import a_login
from tests.counter import WISHES
from tests.faults.conftest import a_town_in
from tests.faults.proxy import line_to
from tests.faults.whole import assert_whole
from tests.relays import Relay

pytestmark = [pytest.mark.faults, pytest.mark.parametrize("engine", ["postgresql"], indirect=True)]

STEP = MONDAY + timedelta(minutes=2)
TEN = NINE + timedelta(hours=1)
Act = Callable[[], object]


def book_online(_desk: Actor) -> Act:
    return lambda: book(an_order(key="once"), now=MONDAY)


def confirm_by_link(_desk: Actor) -> Act:
    token = a_booking().token
    return lambda: confirm(token, now=STEP)


def move_by_link(_desk: Actor) -> Act:
    token = an_appointment().token
    return lambda: move(token, TEN, now=STEP)


def move_unconfirmed(_desk: Actor) -> Act:
    token = a_booking().token
    return lambda: move(token, TEN, now=STEP)


def cancel_by_link(_desk: Actor) -> Act:
    token = an_appointment().token
    return lambda: cancel(token, now=STEP)


def book_on_the_phone(desk: Actor) -> Act:
    order = an_order(key="phone", channel="phone", phone="05071 1")
    return lambda: book_by_staff(order, by=desk, insisting=Insisting(), now=MONDAY)


def move_at_the_desk(desk: Actor) -> Act:
    found = an_appointment()
    return lambda: move_by_staff(desk, found.reference, Target(TEN, "buergerbuero"), now=STEP)


def cancel_at_the_desk(desk: Actor) -> Act:
    found = an_appointment()
    return lambda: cancel_by_staff(desk, found.reference, CancelledBy.OFFICE, now=STEP)


def walk_in(desk: Actor) -> Act:
    return lambda: arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=NINE)


def finish(desk: Actor) -> Act:
    found = an_appointment()
    return lambda: mark(found.reference, Verb.FINISH, by=desk, now=NINE)


def note_that_it_was_sent(_desk: Actor) -> Act:
    a_booking()
    letter = claim(now=MONDAY)
    assert letter is not None
    return lambda: mark_sent(letter, now=STEP)


CITIZENS = [book_online, confirm_by_link, move_by_link, move_unconfirmed, cancel_by_link]
STAFF = [book_on_the_phone, move_at_the_desk, cancel_at_the_desk, walk_in, finish]


@pytest.mark.parametrize("prepare", [*CITIZENS, *STAFF, note_that_it_was_sent])
def test_a_commit_whose_answer_is_lost_is_found_again(
    prepare: Callable[[Actor], Act], engine_url: str, app_on: Callable[..., Flask]
) -> None:
    with app_on(a_town_in(engine_url, app_on)).app_context():
        prepare(a_login("petra", "desk"))()
        wanted = standing()
    with line_to(a_town_in(engine_url, app_on)) as (line, url), app_on(url).app_context():
        act = prepare(a_login("petra", "desk"))
        before = db.session.scalar(sa.select(Office.version))
        db.session.rollback()
        line.lose_answer_to = b"COMMIT"
        act()
        assert line.lost == 1
        assert standing() == wanted
        assert db.session.scalar(sa.select(Office.version)) >= before + 1
        assert_whole(current_app, now=STEP, relay=a_relay_that_took_what_was_sent())


def test_a_commit_that_never_reaches_the_server_is_tried_until_it_does(
    engine_url: str, app_on: Callable[..., Flask]
) -> None:
    with line_to(a_town_in(engine_url, app_on)) as (line, url), app_on(url).app_context():
        line.lose_question = b"COMMIT"
        line.most_lost = 3
        found = book(an_order(key="once"), now=MONDAY)
        assert line.lost == 3
        assert [row.reference for row in db.session.scalars(sa.select(Appointment))] == [found.reference]
        assert_whole(current_app, now=MONDAY, told={found.reference: "pending"})


@pytest.mark.parametrize("is_done", [True, False])
def test_who_never_hears_is_told_to_come_back_and_finds_one_appointment(
    engine_url: str, app_on: Callable[..., Flask], is_done: bool
) -> None:
    """After five lost answers: 503; the same key later finds what the first commit did."""
    with line_to(a_town_in(engine_url, app_on)) as (line, url), app_on(url).app_context():
        line.most_lost = 5
        if is_done:
            line.lose_answer_to = b"COMMIT"
        else:
            line.lose_question = b"COMMIT"
        with pytest.raises(Unavailable):
            book(an_order(key="once"), now=MONDAY)
        assert line.lost == 5
        count = db.session.scalar(sa.select(sa.func.count(Appointment.id)))
        assert count == int(is_done)
        found = book(an_order(key="once"), now=MONDAY)
        assert [row.reference for row in db.session.scalars(sa.select(Appointment))] == [found.reference]
        assert_whole(current_app, now=MONDAY, told={found.reference: "pending"})


def a_relay_that_took_what_was_sent() -> Relay:
    """Return what the job process had spoken to before it noted that a letter had left."""
    relay = Relay()
    for message_id in db.session.scalars(sa.select(Letter.message_id).where(Letter.status == LetterStatus.SENT)):
        letter = EmailMessage()
        letter["Message-ID"] = message_id
        relay.taken.append(letter)
    return relay


def standing() -> Counter[object]:
    """Count what these actions write, without what is drawn by dice."""
    rows = [
        db.session.execute(sa.select(Appointment.status, Appointment.start, Appointment.sequence, Appointment.number)),
        db.session.execute(sa.select(Letter.kind, Letter.status, Letter.sequence)),
        db.session.execute(sa.select(Mark.verb, Mark.undone)),
        db.session.execute(sa.select(Audit.verb)),
        db.session.execute(sa.select(Replay.route)),
        db.session.execute(sa.select(Claim.place)),
    ]
    found = Counter(tuple(row) for each in rows for row in each)
    db.session.rollback()
    return found
