"""A citizen who goes by what pages are made of and not by their words: the same way in every language."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Locator, expect

from tests.browser.walking import Walk, own_day
from tests.clients import Client

HOME = "schwarmstedt"
SCRIPT = "text/javascript"
IDLE = "export const prove = form => { form.querySelector('[role=status]').textContent = form.dataset.working }"
ABUSED = "INSERT INTO guard SELECT id, '2026-01-01 00:00:00.000000', '2100-01-01 00:00:00.000000' FROM office"


@dataclass
class Wordless(Walk):
    """One citizen's way; ``language`` is asked for at every page that is opened by its address."""

    language: str = ""
    begun: str = field(default="", init=False)

    def open(self, path: str) -> None:
        """Open an address of the service."""
        mark = "&" if "?" in path else "?"
        self.page.goto(
            f"{self.town.url}/{path}{mark}lang={self.language}" if self.language else f"{self.town.url}/{path}"
        )

    def go(self, path: str) -> None:
        """Press the button, or follow the link, of the page's content that leads to an address with this in it."""
        self.step(self.way(path).first)

    def step(self, control: Locator) -> None:
        """Press a control and wait for the page that it leads to."""
        with self.page.expect_navigation():
            control.click()

    def way(self, path: str) -> Locator:
        """Return the buttons and links of the page's content that lead to an address with this in it."""
        ways = f'[formaction*="{path}"], a[href*="{path}"], form[action*="{path}"] button:not([formaction])'
        return self.page.locator(f"main :is({ways})").filter(visible=True)

    def speak(self, language: str) -> None:
        """Choose another language in the page's header."""
        self.step(self.page.locator(f'.wf-language[lang="{language}"]'))
        expect(self.page.locator("html")).to_have_attribute("lang", language)

    def choose(self, concern: str = "personalausweis", town: str = HOME) -> None:
        """Begin with the checklist of a concern."""
        self.begun = town
        self.open(f"{town}/checklist?concern={concern}")

    def go_on(self) -> None:
        self.go(f"/{self.begun}/contact")
        expect(self.page.locator("#email")).to_be_visible()

    def type_in(self) -> None:
        self.page.locator("#name").fill("Erika Mustermann")
        self.page.locator("#email").fill(self.address)
        self.go(f"/{self.begun}/time")
        expect(self.page.locator("#email")).to_have_count(0)

    def hold(self) -> str:
        """Take the first time of one of the days, each citizen of another one; return its start."""
        start = self.choose_day()
        self.step(self.times().first)
        expect(self.page.locator("#code")).to_be_visible()
        return start

    def choose_day(self) -> str:
        """Press one of the days, each citizen another one; return the first time that is free then."""
        day = own_day(self.page.locator(".wf-day"), self.address)
        self.step(day)
        expect(day).to_have_attribute("aria-current", "true")
        return str(self.times().first.get_attribute("value"))

    def book(self) -> str:
        """Go all the way to "not booked yet"; return the start."""
        self.choose()
        self.go_on()
        self.type_in()
        return self.hold()

    def confirm(self) -> None:
        """Open the letter's link and press its button."""
        self.page.goto(self.link())
        self.go("/confirm")
        expect(self.way("/cancel")).to_be_visible()

    def link(self) -> str:
        return re.findall(rf"{re.escape(self.town.url)}/t/\S+", self._letter())[0]

    def code(self) -> str:
        """Return the digits of the letter."""
        found = re.search(r"\b\d{3}\s?\d{3}\b", self._letter())
        assert found is not None
        return found[0]

    def lose_to_another(self, start: str) -> None:
        """Let somebody else book a time."""
        with Client(self.town.url) as other:
            answer = other.book(
                start, town=HOME, key=f"other-{start}-{self.address.partition('@')[0]}".replace(":", "")
            )
        assert answer.status == 201, answer

    def wait_an_hour(self) -> None:
        """Let an hour pass for this citizen's appointments, and for what they could undo."""
        moments = {"appointment": ("id", "confirm_by", "created_at"), "undo": ("appointment_id", "until")}
        connection = sqlite3.connect(self.town.database, timeout=30)
        with connection:
            for table, (key, *columns) in moments.items():
                earlier = ", ".join(f"{column} = datetime({column}, '-1 hour')" for column in columns)
                mine = f"{key} IN (SELECT id FROM appointment WHERE email = ?)"
                connection.execute(f"UPDATE {table} SET {earlier} WHERE {mine}", [self.address])
        connection.close()

    @contextlib.contextmanager
    def in_abuse_mode(self) -> Iterator[None]:
        """Let the offices ask for proof of work, and this citizen's device never come to an end with it."""
        self.page.route(re.compile(r"/static/prove\.js"), lambda route: route.fulfill(body=IDLE, content_type=SCRIPT))
        with contextlib.closing(sqlite3.connect(self.town.database, isolation_level=None, timeout=30)) as connection:
            connection.execute(ABUSED)
            try:
                yield
            finally:
                connection.execute("DELETE FROM guard")

    def be_relocated(self) -> None:
        """Let the office have moved this citizen's appointment, which was an hour earlier before."""
        hour = "strftime('%Y-%m-%dT%H:%M:%S+00:00', start, '-1 hour')"
        before = f"json_object('office_id', office_id, 'start', {hour}, 'end', {hour})"
        columns = f"id, {before}, created_at, sequence FROM appointment WHERE email = ?"
        connection = sqlite3.connect(self.town.database, timeout=30)
        with connection:
            connection.execute(
                f"INSERT INTO relocation (appointment_id, before, at, sequence) SELECT {columns}", [self.address]
            )
        connection.close()

    def _letter(self) -> str:
        body = self.town.letter(self.address, "").get_body(("plain",))
        assert body is not None
        return str(body.get_content())
