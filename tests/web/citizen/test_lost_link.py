"""Who lost the link gets the same answer, whatever is known."""

import pytest
from sqlalchemy import select

from booking.extensions import db
from booking.models import Letter


@pytest.fixture
def letters(app):
    def listed():
        with app.app_context():
            return db.session.scalars(select(Letter.kind).order_by(Letter.id)).all()

    return listed


def test_the_answer_is_the_same_for_the_owner_and_a_stranger(citizen, letters):
    reference = citizen.secrets()["reference"]
    owner = citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "anna@example.org"})
    other = citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "jemand@example.org"})
    unknown = citizen.client.post("/musterstadt/link", data={"reference": "AAA-AAAA", "email": "anna@example.org"})
    assert owner.text == other.text == unknown.text
    assert letters() == ["verify", "link"]


def test_a_reference_from_a_calendar_entry_is_filled_in(citizen):
    assert 'value="ABC-DEFG"' in citizen.client.get("/musterstadt/link?reference=ABC-DEFG").text


def test_what_is_missing_is_named(citizen):
    answer = citizen.client.post("/musterstadt/link", data={"reference": "", "email": "anna"})
    assert answer.status_code == 422
    assert 'id="reference-error"' in answer.text
    assert 'id="email-error"' in answer.text
    assert 'value="anna"' in answer.text


def test_an_international_domain_finds_its_link(citizen, letters):
    page = citizen.books(email="anna@gemeinde-süd.de")
    reference = citizen.secrets(page)["reference"]
    citizen.client.post("/musterstadt/link", data={"reference": reference, "email": "anna@gemeinde-süd.de"})
    assert letters() == ["verify", "link"]
