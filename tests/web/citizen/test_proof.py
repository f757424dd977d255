"""The page of abuse mode: what a browser gets to solve, and the way by letter."""

import html
import json
import re

import pytest
import sqlalchemy as sa

from booking.actions import proofs
from booking.extensions import db
from booking.models import Appointment, Letter, Municipality
from tests.proving import solve

CHALLENGE = re.compile(r'data-challenge="([^"]+)"')


@pytest.fixture(autouse=True)
def abused(app, citizen, monkeypatch):
    monkeypatch.setattr(proofs, "COST", 1)
    with app.app_context():
        row = db.session.query(Municipality).one()
        row.policy = row.policy | {"proof_above": 0}
        row.revision += 1
        db.session.commit()


def challenge(page):
    return json.loads(html.unescape(CHALLENGE.search(page.text)[1]))


def test_the_page_carries_the_challenge_and_all_that_was_typed(citizen):
    page = citizen.books()
    assert page.status_code == 428
    assert 'value="anna@example.org"' in page.text
    booked = citizen.books(proof=solve(challenge(page)))
    assert booked.status_code == 200
    assert "noch nicht gebucht" in booked.text


def test_a_double_click_books_once(app, citizen):
    proof, start = solve(challenge(citizen.books())), citizen.starts()[0]
    first, second = (citizen.secrets(citizen.books(start, proof=proof)) for _ in range(2))
    assert first == second


def test_a_used_proof_leads_to_a_new_challenge(citizen):
    proof = solve(challenge(citizen.books()))
    citizen.books(proof=proof)
    again = citizen.books(citizen.starts()[3], proof=proof, key="7f1c2f64-53f2-4f0e-9d5e-2f3c1b7a9e10")
    assert again.status_code == 428
    assert proof not in again.text


def test_the_language_can_be_changed_there(citizen):
    page = citizen.client.post("/musterstadt/proof?lang=en", data=citizen.typed | {"start": citizen.starts()[0]})
    assert page.status_code == 200
    assert "One moment" in page.text
    assert solve(challenge(page))


def test_without_a_script_a_letter_leads_on(app, citizen):
    page = citizen.books(by_letter="1")
    assert page.status_code == 200
    assert "Noch ist keine Zeit für Sie vorgemerkt" in page.text
    with app.app_context():
        assert db.session.scalars(sa.select(Letter.kind)).all() == ["address_first"]
        assert db.session.scalars(sa.select(Appointment.status)).all() == ["expired"]


def test_the_page_says_nothing_of_what_the_letter_carries(app, citizen):
    page = citizen.books(by_letter="1")
    with app.app_context():
        reference = db.session.scalar(sa.select(Appointment.reference))
    assert reference not in page.text
    assert "/t/" not in page.text


def test_who_asks_for_the_letter_and_then_proves_work_is_told_that_something_is_on_its_way(citizen):
    proof = solve(challenge(citizen.books()))
    start = citizen.starts()[0]
    citizen.books(start, by_letter="1")
    page = citizen.books(start, proof=proof)
    assert page.status_code == 409
    assert "Der Link zum Bestätigen ist in Ihrer E-Mail" in page.text


def test_without_a_script_the_letter_is_what_comes_next_and_the_chosen_time_is_told(citizen):
    page = citizen.books().text
    visible = re.sub(r"<(span|button)[^>]* hidden>.*?</\1>", "", page, flags=re.DOTALL)
    assert "So geht es weiter" in visible
    assert "Lieber per E-Mail?" not in visible
    assert re.search(r'kern-btn--primary"[^>]*name="by_letter"', visible)
    choice = page.split('id="your-choice"')[1]
    assert re.search(r"<dt>Wann</dt><dd>\w+, \d+\. \w+ \d{4}, \d\d:\d\d", choice)


def test_where_work_is_always_to_be_proven_nobody_reads_of_a_rush(citizen):
    assert "sehr viel gebucht" not in citizen.books().text
