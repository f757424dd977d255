"""The whole way of a citizen in a real browser: from the list of concerns to the entry in their calendar."""

import itertools
import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest
from playwright.sync_api import Locator, Page, expect

from tests import serving
from tests.relays import Relay, listening

CATALOGUE = "config/catalogues/schwarmstedt.yaml"
PICTURES = Path(__file__).parents[2] / "build/screenshots"
PATIENCE = 30  # seconds for a letter on a busy machine
VIEWS = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}
FOCUS = """() => { const style = getComputedStyle(document.activeElement), after = getComputedStyle(
    document.activeElement.closest('.wf-tile') || document.activeElement);
  return style.outlineStyle !== 'none' || style.boxShadow !== 'none' || after.outlineStyle !== 'none' }"""
_addresses = itertools.count()


@dataclass
class Town:
    """The running service with the Schwarmstedt catalogue, and the mailbox of everybody who writes to it."""

    url: str
    database: str
    relay: Relay

    def letter(self, address: str, subject: str) -> EmailMessage:
        """Wait for the letter to somebody whose subject contains these words."""

        def there() -> EmailMessage | None:
            mine = (letter for letter in self.relay.taken if address in str(letter["To"]))
            return next((letter for letter in mine if subject in str(letter["Subject"])), None)

        give_up = time.monotonic() + PATIENCE
        while (found := there()) is None:
            assert time.monotonic() < give_up, (subject, self.relay.subjects())
            time.sleep(0.05)
        return found

    def appointments(self, address: str) -> list[str]:
        connection = sqlite3.connect(self.database)
        try:
            found = connection.execute("SELECT status FROM appointment WHERE email = ?", [address]).fetchall()
        finally:
            connection.close()
        return [status for (status,) in found]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home, relay = tmp_path_factory.mktemp("town"), Relay()
    with listening(relay):
        environment = serving.environment_for(f"sqlite:///{home}/town.sqlite3", port=_free_port(), MAIL_PORT=relay.port)
        serving.flask("db", "upgrade", environment=environment)
        serving.flask("catalogue", "load", CATALOGUE, environment=environment)
        with serving.serving(environment, workers=2, log=home / "log") as server:
            yield Town(server.url, f"{home}/town.sqlite3", relay)


@pytest.fixture
def address() -> str:
    return f"erika{next(_addresses)}@example.org"


@pytest.fixture
def visit(open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Like ``open_page``, and the test fails if the browser's console shows an error."""
    said: list[str] = []

    def opened(**options: Any) -> Page:
        page = open_page(**options)
        page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
        return page

    yield opened
    # A refused form is a page of its own; that its status is 4xx is no fault of the page.
    assert [line for line in said if "status of 4" not in line] == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Walk:
    """One citizen's way through the pages, step by step."""

    page: Page
    town: Town
    address: str
    look: Callable[[str], None] = lambda _step: None

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(words)

    def choose(self) -> None:
        self.page.goto(self.town.url)
        self.heading("Wofür brauchen Sie einen Termin?")
        self.look("1-concerns")
        self.page.get_by_role("link", name="Personalausweis beantragen").click()
        self.heading("Das bringen Sie mit")
        expect(self.page.get_by_text("Digitales biometrisches Lichtbild")).to_be_visible()
        expect(self.page.get_by_text("Am Markt 1, 29690 Schwarmstedt")).to_be_visible()
        self.look("2-checklist")

    def go_on(self) -> None:
        self.press("Weiter zu Ihren Angaben")
        self.heading("Wer kommt zum Termin?")

    def type_in(self) -> None:
        self.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
        self.page.get_by_label("E-Mail-Adresse").fill(self.address)
        self.look("3-contact")
        self.press("Weiter zu den freien Zeiten")
        self.heading("Wann möchten Sie kommen?")

    def times(self) -> Locator:
        return self.page.locator(".wf-day-times .wf-time")

    def hold(self) -> str:
        """Take the first time of one of the days, each citizen of another one; return its start."""
        day = self.page.locator(".wf-day").nth(1 + int(re.sub(r"\D", "", self.address)) % 5)
        day.click()
        expect(day).to_have_attribute("aria-current", "true")
        self.look("4-times")
        start = self.times().first.get_attribute("value")
        self.times().first.click()
        self.heading("noch nicht gebucht")
        self.look("5-pending")
        return str(start)

    def link(self) -> str:
        """Return the link of the letter."""
        body = self.town.letter(self.address, "bestätigen").get_body(("plain",))
        assert body is not None
        return re.findall(rf"{re.escape(self.town.url)}/t/\S+", body.get_content())[0]

    def confirm(self) -> None:
        self.page.goto(self.link())
        self.heading("Bitte bestätigen Sie Ihren Termin")
        self.look("6-link")
        self.press("Termin bestätigen")
        expect(self.page.get_by_text("Ihr Termin ist gebucht")).to_be_visible()
        self.look("7-booked")

    def entry(self) -> icalendar.Event:
        """Return the calendar entry that came by mail."""
        letter = self.town.letter(self.address, "Gebucht")
        part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
        assert part.get_param("method") == "REQUEST"
        return icalendar.Calendar.from_ical(part.get_payload(decode=True)).events[0]


@pytest.fixture
def walk(visit: Callable[..., Page], town: Town, address: str) -> Callable[..., Walk]:
    def begun(look: Callable[[str], None] = lambda _step: None, **options: Any) -> Walk:
        return Walk(visit(**options), town, address, look)

    return begun


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_whole_way_ends_with_the_entry_in_the_calendar(walk, town, address, script):
    citizen = walk(java_script_enabled=script)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    start = citizen.hold()
    citizen.confirm()
    assert citizen.entry().start.isoformat() == start
    assert town.appointments(address) == ["confirmed"]


def test_the_countdown_runs_where_scripts_do(walk):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    expect(citizen.page.get_by_text("Noch 30 Minuten")).to_be_visible()


def test_the_code_of_the_letter_books_too(walk, town, address):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    text = town.letter(address, "bestätigen").get_body(("plain",)).get_content()
    code = re.search(r"\b\d{3} ?\d{3}\b", text)[0]
    citizen.page.get_by_label("Code aus der E-Mail").fill(code)
    citizen.press("Termin bestätigen")
    citizen.heading("Ihr Termin ist gebucht")
    assert town.appointments(address) == ["confirmed"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_back_and_reload_at_every_step_book_nothing_twice(walk, town, address, script):
    citizen = walk(java_script_enabled=script)
    page = citizen.page
    citizen.choose()
    page.reload()
    page.go_back()
    citizen.heading("Wofür brauchen Sie einen Termin?")
    page.go_forward()
    citizen.go_on()
    page.reload()
    citizen.type_in()
    page.reload()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_back()
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value(address)
    page.go_forward()
    citizen.hold()
    page.reload()
    citizen.heading("noch nicht gebucht")
    page.go_back()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_forward()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]
    citizen.confirm()
    page.reload()
    page.go_back()
    assert town.appointments(address) == ["confirmed"]


def test_a_double_click_books_once(walk, town, address):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.times().first.dblclick()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]


def test_going_back_for_another_time_asks_first(walk, town, address):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.page.go_back()
    citizen.times().nth(1).click()
    citizen.heading("Sie haben schon eine Zeit vorgemerkt")
    assert town.appointments(address) == ["pending"]
    citizen.press("Diese Zeit vormerken")
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending", "pending"]


def test_moving_and_cancelling_need_one_decision_each(walk, town, address):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    citizen.page.get_by_role("link", name="Andere Zeit wählen").click()
    citizen.press("Spätere Tage")
    citizen.times().last.click()
    expect(citizen.page.get_by_text("Ihr Termin ist verlegt")).to_be_visible()
    citizen.page.get_by_role("link", name="Termin absagen").click()
    citizen.heading("Möchten Sie den Termin wirklich absagen?")
    citizen.press("Termin absagen")
    citizen.heading("Ihr Termin ist abgesagt")
    assert town.appointments(address) == ["cancelled"]


def test_the_keyboard_alone_goes_the_whole_way_and_sees_where_it_is(walk, town, address):
    citizen = walk()
    page = citizen.page
    page.goto(town.url)

    def reach(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if name in page.evaluate("document.activeElement.innerText || document.activeElement.id"):
                assert page.evaluate(FOCUS), f"no visible focus on {name}"
                return
        pytest.fail(f"the keyboard does not reach {name}")

    def go(name: str) -> None:
        reach(name)
        page.keyboard.press("Enter")

    go("Personalausweis beantragen")
    citizen.heading("Das bringen Sie mit")
    go("Weiter zu Ihren Angaben")
    citizen.heading("Wer kommt zum Termin?")
    reach("name")
    page.keyboard.type("Erika Mustermann")
    reach("email")
    page.keyboard.type(address)
    go("Weiter zu den freien Zeiten")
    citizen.heading("Wann möchten Sie kommen?")
    go("Uhr")
    citizen.heading("noch nicht gebucht")
    page.goto(citizen.link())
    go("Termin bestätigen")
    expect(page.get_by_text("Ihr Termin ist gebucht")).to_be_visible()


def test_the_summary_of_errors_leads_to_the_field(walk):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.press("Weiter zu den freien Zeiten")
    citizen.page.get_by_role("link", name="E-Mail-Adresse:").click()
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_be_focused()


def test_another_language_on_the_way_keeps_what_was_typed(walk):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.press("English")
    citizen.heading("When would you like to come?")
    citizen.times().first.click()
    citizen.heading("not booked yet")
    expect(citizen.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(
    ("view", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "dark"), ("narrow", "light")]
)
def test_every_step_fits_the_screen(walk, view, scheme):
    """Reflow at 320 px (WCAG 1.4.10); the pictures are kept to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def look(step: str) -> None:
        wide = citizen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{step} is {wide} px too wide"
        citizen.page.screenshot(path=PICTURES / f"{step}-{view}-{scheme}.png", full_page=True)

    citizen = walk(look, viewport=VIEWS[view], color_scheme=scheme)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    citizen.page.get_by_role("link", name="Andere Zeit wählen").click()
    look("8-move")
