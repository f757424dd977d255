"""Doors of the calendar feeds: an address is shown once to those who manage the office, and works without a cookie."""

import re

import pytest
from flask import Flask

from booking.extensions import db
from tests.builders import a_municipality, an_office
from tests.colleagues import Colleague, a_colleague, anonymous

HERE = "/staff/musterstadt.buergerbuero/feeds"
ADDRESS = re.compile(r'value="http://localhost(/feeds/[\w-]{32}\.ics)"')


@pytest.fixture
def mia(app: Flask) -> Colleague:
    with app.app_context():
        an_office(a_municipality(), "standesamt")
        db.session.commit()
    return a_colleague(app, "manager", name="mia")


def made(mia: Colleague, **form: str) -> str:
    answer = mia.post(HERE, {"clerk": "platz1", "shows": "busy", **form})
    assert answer.status_code == 200
    found = ADDRESS.search(answer.text)
    assert found
    return found[1]


def test_an_address_is_shown_once_and_opens_the_calendar(app: Flask, mia: Colleague) -> None:
    address = made(mia)
    page = mia.get(HERE).text
    assert address not in page
    assert "platz1: nur „Belegt“" in page
    answer = anonymous(app).get(address)
    assert answer.status_code == 200
    assert answer.data.startswith(b"BEGIN:VCALENDAR")


def test_a_revoked_address_answers_like_one_that_never_was(app: Flask, mia: Colleague) -> None:
    address = made(mia)
    (feed,) = re.findall(r"/feeds/(\d+)/revoke", mia.get(HERE).text)
    assert mia.post(f"{HERE}/{feed}/revoke").status_code == 302
    assert "Es gibt keine." in mia.get(HERE).text
    revoked, never = anonymous(app).get(address), anonymous(app).get(f"/feeds/{'x' * 32}.ics")
    assert revoked.status_code == never.status_code == 404
    assert revoked.data == never.data


def test_what_is_wrong_is_said_beside_the_field(mia: Colleague) -> None:
    answer = mia.post(HERE, {"clerk": "platz9", "shows": "busy"})
    assert answer.status_code == 422
    assert "Diesen Platz gibt es hier nicht mehr" in answer.text


def test_nobody_but_those_who_manage_the_office_makes_an_address(app: Flask, mia: Colleague) -> None:
    made(mia)
    for colleague in (a_colleague(app, "desk"), a_colleague(app, "phone")):
        assert colleague.get(HERE).status_code == 403
        assert colleague.post(HERE, {"shows": "name"}).status_code == 403
    assert a_colleague(app, "manager", office="standesamt").post(HERE, {"shows": "name"}).status_code == 403


def test_the_settings_of_the_sheet_are_kept_and_a_wrong_address_is_not(mia: Colleague) -> None:
    paper = "/staff/musterstadt.buergerbuero/paper"
    answer = mia.post(paper, {"mail_to": "nobody at all", "shows": "names"})
    assert answer.status_code == 422
    assert 'value="nobody at all"' in answer.text
    assert mia.post(paper, {"mail_to": "blatt@example.org", "shows": ["names", "phones"]}).status_code == 302
    page = mia.get(paper).text
    assert 'value="blatt@example.org"' in page
    assert page.count(" checked") == 2
    assert mia.post(paper, {"mail_to": ""}).status_code == 302
    assert " checked" not in mia.get(paper).text
