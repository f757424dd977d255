"""Abuse mode in a real browser: the device proves work by itself; without a script a letter comes first."""

import gzip
import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.embedding import HOSTILE, Site, element
from tests.browser.guests import Guest
from tests.browser.walking import turn_to
from tests.serving import ROOT

MOST_BYTES = 3000
SCRIPT = re.compile(r"/static/prove\.js")
ON = "INSERT INTO guard SELECT id, '2026-01-01 00:00:00.000000', '2100-01-01 00:00:00.000000' FROM office"


@pytest.fixture
def abused(town) -> Iterator[sqlite3.Connection]:
    """The town in abuse mode; gives a connection to its database."""
    connection = sqlite3.connect(town.database, isolation_level=None, timeout=30)
    connection.execute(ON)
    yield connection
    connection.execute("DELETE FROM guard")
    connection.close()


def test_the_script_is_small() -> None:
    assert len(gzip.compress((ROOT / "booking/web/static/prove.js").read_bytes())) <= MOST_BYTES


def test_the_browser_proves_work_and_books(walk, town, address, abused):
    citizen = walk()
    asked: list[str] = []
    citizen.page.on("request", lambda request: asked.append(request.url))
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    assert not any(map(SCRIPT.search, asked)), "loaded before it is needed"
    before = abused.execute("SELECT count(*) FROM used_proof").fetchone()[0]
    citizen.hold()
    assert len([url for url in asked if SCRIPT.search(url)]) == 1
    assert abused.execute("SELECT count(*) FROM used_proof").fetchone()[0] == before + 1
    citizen.confirm()
    assert town.appointments(address) == ["confirmed"]


def test_so_does_the_widget_under_a_strict_policy(visit, town, address, homepage, abused):
    homepage.pages = site = Site()
    path = site.add(town.url, element(), styles=HOSTILE, trusted=True)
    citizen = Guest(visit(), town, address, lambda _step: None, homepage.origin + path)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    assert town.appointments(address) == ["pending"]


def test_without_a_script_a_letter_comes_first(walk, town, address, abused):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    turn_to(citizen.page.locator(".wf-day").nth(5))
    citizen.times().last.click()
    citizen.heading("Einen Moment noch")
    expect(citizen.page.get_by_role("button", name="Diese Zeit vormerken")).to_be_hidden()
    citizen.press("Link per E-Mail schicken")
    citizen.heading("Sehen Sie in Ihr Postfach")
    assert town.appointments(address) == ["expired"]  # as one that was declined: it owns no time
    letter = town.letter(address, "Weiter zur Buchung").get_body(("plain",))
    citizen.page.goto(re.findall(rf"{re.escape(town.url)}/t/\S+", letter.get_content())[0])
    citizen.press("Termin bestätigen")
    expect(citizen.page.get_by_text("Ihr Termin ist gebucht")).to_be_visible()
    assert town.appointments(address) == ["confirmed"]
