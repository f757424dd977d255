"""The waiting room's screen at its secret address: no login, no name, nothing once it is revoked."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.extensions import db
from booking.models import Appointment, Audit
from tests.builders import NINE, an_appointment
from tests.colleagues import Colleague, a_colleague, anonymous
from tests.counter import a_counter
from tests.web.staff.test_day import counted

BASE = "/staff/musterstadt.buergerbuero"
ADDRESS = re.compile(r'value="http://localhost(/rooms/[\w-]{32})"')


@pytest.fixture
def mia(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Colleague:
    """Return who manages a counter where Anna is booked at nine."""
    monkeypatch.setattr(clock, "now", lambda: NINE)
    with app.app_context():
        a_counter()
        an_appointment()
    return a_colleague(app, "manager", office="buergerbuero")


def screen_of(mia: Colleague) -> str:
    found = ADDRESS.search(mia.post(f"{BASE}/feeds", {"shows": "numbers"}).text)
    assert found
    return found[1]


def anna(app: Flask) -> Appointment:
    with app.app_context():
        return db.session.scalars(sa.select(Appointment)).one()


def call_anna(app: Flask, mia: Colleague) -> None:
    for verb in ("check_in", "call"):
        mia.post(f"{BASE}/day/2026-11-24/mark", {"do": f"{verb}:{anna(app).reference}"})


def version(page: str) -> str:
    return re.findall(r'data-version="([\d.]+)"', page)[0]


def test_the_screen_shows_numbers_without_a_login_and_nobodys_name(app: Flask, mia: Colleague) -> None:
    address = screen_of(mia)
    call_anna(app, mia)
    answer = anonymous(app).get(address)
    assert re.findall(r'wr-number">(\d+)<', answer.text) == ["1"]
    assert re.findall(r'wr-where">(\w+)<', answer.text) == ["platz1"]
    reference = anna(app).reference
    for secret in ("Anna", "Personalausweis", reference, f"{reference[:3]}-{reference[3:]}", "/staff/muster"):
        assert secret not in answer.text
    assert f'data-changes="{address}/changes"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_nothing_new_on_the_screen_costs_one_query(app: Flask, mia: Colleague) -> None:
    address = screen_of(mia)
    asked = {"version": version(anonymous(app).get(address).text)}
    with counted(app) as seen:
        answer = anonymous(app).get(f"{address}/changes", query_string=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(seen) == 1
    call_anna(app, mia)
    answer = anonymous(app).get(f"{address}/changes", query_string=asked)
    assert answer.status_code == 200
    assert 'wr-number">1<' in answer.text
    assert "<html" not in answer.text


def test_a_revoked_screen_is_as_unknown_as_one_that_never_was(app: Flask, mia: Colleague) -> None:
    address = screen_of(mia)
    page = mia.get(f"{BASE}/feeds").text
    assert address not in page
    assert "Anzeige im Wartezimmer: Wartenummern" in page
    (feed,) = re.findall(r"/feeds/(\d+)/revoke", page)
    mia.post(f"{BASE}/feeds/{feed}/revoke")
    for end in ("", "/changes"):
        revoked, never = anonymous(app).get(f"{address}{end}"), anonymous(app).get(f"/rooms/{'x' * 32}{end}")
        assert revoked.status_code == never.status_code == 404
        assert revoked.data == never.data
    with app.app_context():
        verbs = set(db.session.scalars(sa.select(Audit.verb).where(Audit.verb.like("screen-%"))))
    assert verbs == {"screen-made", "screen-revoked"}


def test_a_screens_address_opens_no_calendar_and_a_calendars_no_screen(app: Flask, mia: Colleague) -> None:
    screen = screen_of(mia).removeprefix("/rooms/")
    page = mia.post(f"{BASE}/feeds", {"shows": "name", "clerk": ""}).text
    feed = re.findall(r"/feeds/([\w-]{32})\.ics", page)[0]
    assert anonymous(app).get(f"/feeds/{screen}.ics").status_code == 404
    assert anonymous(app).get(f"/rooms/{feed}").status_code == 404


def test_there_is_no_screen_of_a_single_platz(mia: Colleague) -> None:
    assert mia.post(f"{BASE}/feeds", {"shows": "numbers", "clerk": "platz1"}).status_code == 422
