"""Every state of the staff's pages that has to be looked at: how to get there. Whoever adds a page adds its states.

A function per journey, like the citizens' in ``tests/browser/journeys.py``: it walks with a ``Counter`` and a page that
nobody has logged in at, and yields the name of each state as soon as the page shows it.
"""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from tests.browser.staff.counter import Counter, Desk

Journey = Callable[[Counter, Page], Iterator[str]]


def a_busy_desk(counter: Counter, **office: object) -> Desk:
    """Open an office in whose day every kind of entry stands."""
    desk = counter.office(clerks=2, **office)  # type: ignore[arg-type]
    seen = {"number": 7, "arrived_at": counter.at("00:01"), "called_at": counter.at("00:02")}
    counter.appointment(desk, "08:00", status="served", name="Ursula Meyer")
    counter.appointment(desk, "08:15", status="serving", name="Jan Petersen", **seen)
    counter.appointment(desk, "08:30", status="called", name="Olena Kovalenko", language="uk", **seen | {"number": 8})
    counter.appointment(desk, "08:45", status="checked_in", name="Kim Nguyen", number=9, arrived_at=counter.at("00:03"))
    counter.appointment(desk, "09:00", clerk=1, name="Dr. Friederike von Hohenberg-Schwarmstedt", quantity=3)
    counter.appointment(desk, "09:15", clerk=1, status="pending", confirm_by=counter.at("23:59"), name="Peter Schulze")
    counter.appointment(
        desk, "09:30", clerk=1, channel="phone", mail_failure="550", note="Bringt eine Dolmetscherin mit."
    )
    counter.appointment(desk, "09:45", clerk=1, status="no_show", name="Sabine Krause")
    counter.appointment(desk, status="checked_in", channel="desk", number=10, arrived_at=counter.at("00:04"), name="")
    return desk


def the_day(counter: Counter, page: Page) -> Iterator[str]:
    """The day schedule: plan, list, what opens above them, what was done and refused."""
    desk = a_busy_desk(counter)
    counter.log_in(page, "desk", desk)
    counter.day(page, desk)
    expect(page.locator("#board")).to_be_visible()
    yield "plan"
    counter.appointment(desk, "10:00", name="Rosa Winter")
    expect(page.locator("#board")).to_contain_text("Rosa Winter")  # the part of the page that a poll brings
    yield "news from elsewhere"
    page.locator(".dy-entry--called .dy-more summary").click()
    yield "menu of an entry"
    page.get_by_role("button", name="Hilfe und Tasten").click()
    expect(page.get_by_role("dialog", name="Tasten im Tagesplan")).to_be_visible()
    yield "help"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ohne Termin").click()
    expect(page.get_by_label("Anliegen suchen")).to_be_focused()
    yield "walk-in"
    page.keyboard.press("Enter")
    expect(page.locator(".dy-big")).to_have_text("11")
    yield "number of a walk-in"
    page.get_by_role("link", name="Zum Drucken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Wartenummer 11")
    yield "number to print"
    counter.day(page, desk, query="?view=list")
    page.locator("#gone > summary").click()
    yield "list"
    page.goto(f"{counter.url}/staff/{desk.place}/waiting-room")
    expect(page.get_by_role("cell", name="Platz 1")).to_be_visible()
    yield "waiting room"


def at_the_door(counter: Counter, page: Page) -> Iterator[str]:
    """Logging in, and the first page for somebody with several offices."""
    page.goto(f"{counter.url}/staff/")
    expect(page.get_by_label("Anmeldename")).to_be_visible()
    yield "login"
    page.get_by_label("Anmeldename").fill("niemand")
    page.get_by_label("Passwort").fill("falsches Passwort")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "login refused"
    counter.office()
    counter.log_in_by_form(page, "admin")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Guten Tag")
    yield "home"


JOURNEYS: dict[str, Journey] = {"day": the_day, "door": at_the_door}
