"""After a restore nothing leaves by itself: unsent letters are held until somebody has decided."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.ctx import AppContext

from booking.actions.cancel import cancel
from booking.actions.check_deployment import check_deployment
from booking.actions.check_readiness import check_readiness
from booking.actions.hold_letters import (
    discard_held_letters,
    held_letters,
    hold_unsent,
    release_held_letters,
)
from booking.actions.lost_link import note_request
from booking.actions.outbox import claim, is_anything_due, mark_sent
from booking.actions.transaction import writes
from booking.extensions import db
from booking.models import Heartbeat, Letter, LinkRequest
from tests.builders import MONDAY, a_booking, a_municipality, an_appointment

NOW = MONDAY + timedelta(minutes=5)
hold_unsent_letters = writes(hold_unsent)  # a restore does it in its own transaction


@pytest.fixture
def town(context: AppContext) -> None:
    a_municipality()
    db.session.add(Heartbeat(job="letters", at=NOW))
    db.session.commit()


def test_a_held_letter_is_sent_by_nobody_until_it_is_released(town: None) -> None:
    a_booking()
    assert hold_unsent_letters(now=NOW) == 1
    assert not is_anything_due(now=NOW)
    assert claim(now=NOW + timedelta(days=3)) is None
    assert release_held_letters(now=NOW) == 1
    assert claim(now=NOW) is not None


def test_a_letter_that_was_just_being_sent_is_held_too(town: None) -> None:
    a_booking()
    assert claim(now=MONDAY) is not None
    assert hold_unsent_letters(now=NOW) == 1
    assert held_letters() == {"verify": 1}


def test_what_was_sent_is_not_held(town: None) -> None:
    a_booking()
    letter = claim(now=MONDAY)
    assert letter is not None
    mark_sent(letter, now=MONDAY)
    assert hold_unsent_letters(now=NOW) == 0


def test_holding_twice_keeps_the_first_moment(town: None) -> None:
    a_booking()
    hold_unsent_letters(now=NOW)
    assert hold_unsent_letters(now=NOW + timedelta(hours=1)) == 0
    assert db.session.scalar(sa.select(Letter.held_at)) == NOW


def test_a_letter_written_after_the_restore_leaves(town: None) -> None:
    a_booking()
    hold_unsent_letters(now=NOW)
    other = a_booking(email="bela@example.org", start=MONDAY + timedelta(days=2, hours=3), now=NOW)
    letter = claim(now=NOW)
    assert letter is not None
    assert letter.address == "bela@example.org"
    assert other.reference


def test_later_news_of_a_held_letters_appointment_waits_for_it(town: None) -> None:
    made = an_appointment()
    hold_unsent_letters(now=NOW)
    cancel(made.token, now=NOW)
    assert claim(now=NOW + timedelta(hours=1)) is None


def test_discarded_letters_are_gone_for_good(town: None) -> None:
    a_booking()
    hold_unsent_letters(now=NOW)
    assert discard_held_letters() == 1
    assert held_letters() == {}
    assert release_held_letters(now=NOW) == 0
    assert claim(now=NOW + timedelta(days=3)) is None


def test_doctor_and_readyz_say_that_letters_are_held_and_not_that_they_are_stuck(town: None) -> None:
    a_booking(now=MONDAY - timedelta(hours=2))
    hold_unsent_letters(now=NOW)
    assert check_readiness(now=NOW).warnings == ("letters-held",)
    assert ["letters release" in finding.sentence for finding in check_deployment(now=NOW)] == [True]


def test_questions_for_lost_links_are_dropped_by_a_restore(town: None) -> None:
    note_request("musterstadt", "", "anna@example.org", network="10.0.0.1", now=MONDAY)
    hold_unsent_letters(now=NOW)
    assert db.session.scalar(sa.select(sa.func.count(LinkRequest.id))) == 0


def test_the_commands_count_kinds_and_show_nobody(app: Flask) -> None:
    with app.app_context():
        a_municipality()
        a_booking()
        hold_unsent_letters(now=NOW)
    run = app.test_cli_runner().invoke
    shown = run(args=("letters", "held")).output
    assert "1  verify" in shown
    assert "anna" not in shown
    assert "Released letters: 1." in run(args=("letters", "release")).output
    assert "Held letters: 0." in run(args=("letters", "held")).output
    assert "Discarded 0" in run(args=("letters", "discard", "--yes")).output
