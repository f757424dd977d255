"""Who lost the link gets the same answer, whatever is known."""

import pytest
from sqlalchemy import select

from booking.actions.erase_expired import erase_expired
from booking.actions.lost_link import answer_link_requests
from booking.extensions import db
from booking.models import Letter


@pytest.fixture
def letters(app, now):
    def listed():
        with app.app_context():
            answer_link_requests(now=now.time)
            return db.session.scalars(select(Letter.kind).order_by(Letter.id)).all()

    return listed


def test_the_answer_is_the_same_for_the_owner_and_a_stranger(citizen, letters):
    reference = citizen.secrets()["reference"]
    owner = citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "anna@example.org"})
    other = citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "jemand@example.org"})
    unknown = citizen.client.post("/musterstadt/link", data={"reference": "AAA-AAAA", "email": "anna@example.org"})
    assert owner.text == other.text == unknown.text
    assert letters() == ["verify", "link"]


def test_the_address_alone_is_enough(citizen, letters):
    citizen.books()
    answer = citizen.client.post("/musterstadt/link", data={"email": "anna@example.org"})
    assert 'role="status"' in answer.text
    assert letters() == ["verify", "link"]


def test_a_reference_from_a_calendar_entry_is_filled_in(citizen):
    assert 'value="ABC-DEFG"' in citizen.client.get("/musterstadt/link?reference=ABC-DEFG").text


def test_what_is_missing_is_named(citizen):
    answer = citizen.client.post("/musterstadt/link", data={"reference": "", "email": "anna"})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'value="anna"' in answer.text


def test_an_international_domain_finds_its_link(citizen, letters):
    page = citizen.books(email="anna@gemeinde-süd.de")
    reference = citizen.secrets(page)["reference"]
    citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "anna@gemeinde-süd.de"})
    assert letters() == ["verify", "link"]


def test_a_revoked_link_leads_to_a_new_one(citizen, letter):
    secrets = citizen.secrets()
    old = letter()[0]
    citizen.client.post("/musterstadt/pending/email", data=secrets | {"email": "richtig@example.org"})
    page = citizen.client.get(f"/t/{old}")
    assert page.status_code == 410
    assert 'href="/musterstadt/link"' in page.text


def test_the_link_of_what_was_erased_leads_to_a_new_one(app, citizen, letter, now):
    citizen.books("2026-11-24T08:30:00+01:00")
    link = f"/t/{letter()[0]}"
    citizen.client.post(f"{link}/confirm")
    now.time = now.time.replace(year=2027)
    with app.app_context():
        erase_expired(now=now.time)
    page = citizen.client.get(link)
    assert page.status_code == 404
    assert 'href="/musterstadt/link"' in page.text
