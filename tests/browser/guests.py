"""A citizen who books by the widget on somebody else's page."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Route, expect

from tests.browser.walking import Walk


@dataclass
class Guest(Walk):
    """A citizen who books on the page of a host. ``within`` is the widget."""

    start: str = ""

    @property
    def within(self) -> Locator:
        return self.page.locator("wartefrei-booking")

    def heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", level=2).first).to_contain_text(words)

    def begin(self) -> None:
        self.page.goto(self.start)
        self.heading("Wofür brauchen Sie einen Termin?")

    def choose(self) -> None:
        self.begin()
        self.look("1-concerns")
        self.page.get_by_role("link", name="Personalausweis beantragen").click()
        self.heading("Das bringen Sie mit")
        self.look("2-checklist")

    def reach_times(self) -> None:
        self.choose()
        self.go_on()
        self.type_in()

    def code(self) -> str:
        text = self.town.letter(self.address, "bestätigen").get_body(("plain",)).get_content()
        return re.search(r"\b\d{3} ?\d{3}\b", text)[0]

    def confirm(self) -> None:
        self.page.get_by_label("Code aus der E-Mail").fill(self.code())
        self.press("Termin bestätigen")
        self.heading("Ihr Termin ist gebucht")
        self.look("7-booked")

    def lose(self, addresses: str, *, after: bool = False) -> None:
        """Drop these requests, or, ``after`` they did their work, only the answers."""

        def drop(route: Route) -> None:
            if after:
                route.fetch()
            route.abort("connectionreset")

        self.page.route(addresses, drop)

    def find(self, addresses: str) -> None:
        self.page.unroute(addresses)

    def state(self) -> str:
        return self.page.evaluate("JSON.stringify(history.state)")

    def has_focus(self, where: Locator) -> None:
        expect(where).to_be_focused()
