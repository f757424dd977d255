"""A town with its mailboxes, and a citizen's way through its pages step by step."""

import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

import icalendar
from playwright.sync_api import Locator, Page, expect

from tests.relays import Relay

PATIENCE = 30  # seconds for a letter on a busy machine


def turn_to(day: Locator) -> None:
    """Press a day of the strip and wait for its times: until then, those of another day stand there."""
    day.click()
    expect(day).to_have_attribute("aria-current", "true")


def own_day(days: Locator, address: str) -> Locator:
    """Return the day for whoever has this address, so that people of other tests take other times."""
    return days.nth(1 + int(re.sub(r"\D", "", address)) % 5)


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
        turn_to(own_day(self.page.locator(".wf-day"), self.address))
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
