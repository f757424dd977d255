"""Ways through the service that together show every page in every state; each yields the state's name."""

import re
from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import expect

from tests.browser.walking import Walk

Journey = Callable[[Walk], Iterator[str]]
TOWN = "/schwarmstedt/"


def choosing(citizen: Walk) -> Iterator[str]:
    """List, search and combine concerns."""
    page, home = citizen.page, citizen.town.url + TOWN
    page.goto(home)
    yield "concerns"
    page.goto(f"{home}?q=Perso")
    yield "a search that finds"
    page.goto(f"{home}?q=Führerschein verloren")
    yield "a search that finds others"
    page.goto(f"{home}?q=xyzzy")
    yield "a search that finds nothing"
    page.goto(f"{home}checklist?concern=personalausweis:3&concern=reisepass:2")
    yield "a checklist of several concerns"
    page.goto(f"{home}?concern=personalausweis:3")
    yield "adding a concern"
    page.goto(f"{home}checklist?concern=personalausweis:99")
    yield "a quantity that is refused"


def mistyping(citizen: Walk) -> Iterator[str]:
    """Make every mistake that the forms know."""
    citizen.choose()
    citizen.go_on()
    yield "contact"
    citizen.press("Weiter zu den freien Zeiten")
    yield "contact with faults"
    citizen.type_in()
    yield "times"
    citizen.hold()
    citizen.page.get_by_label("Code aus der E-Mail").fill("000000")
    citizen.press("Termin bestätigen")
    yield "a wrong code"
    citizen.press("E-Mail noch einmal senden")
    yield "sent again"
    citizen.page.get_by_text("Adresse falsch?").click()
    yield "correcting the address"
    citizen.page.locator("#correct-email").fill("niemand")
    citizen.press("An diese Adresse senden")
    yield "an address that is none"
    citizen.page.locator("#correct-email").fill(f"neu.{citizen.address}")
    citizen.press("An diese Adresse senden")
    yield "address corrected"


def asking_twice(citizen: Walk) -> Iterator[str]:
    """Go back and take another time; type the code."""
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    yield "pending"
    citizen.page.go_back()
    citizen.times().nth(1).click()
    citizen.heading("Sie haben schon eine Zeit vorgemerkt")
    yield "asked whether to hold another"
    citizen.press("Diese Zeit vormerken")
    citizen.heading("noch nicht gebucht")
    letter = citizen.town.letter(citizen.address, "bestätigen").get_body(("plain",))
    assert letter is not None


def managing(citizen: Walk) -> Iterator[str]:
    """Use the mailed link for all that it can do."""
    page = citizen.page
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    page.goto(citizen.link())
    yield "the link before confirming"
    citizen.press("Termin bestätigen")
    yield "confirmed"
    here = re.sub(r"\?.*", "", page.url)
    page.goto(f"{here}/checklist")
    yield "the checklist to print"
    page.goto(f"{here}/move")
    yield "choosing another time"
    citizen.times().last.click()
    expect(page.get_by_text("verlegt").first).to_be_visible()
    yield "moved"
    page.goto(f"{here}/cancel")
    yield "asked whether to cancel"
    citizen.press("Termin absagen")
    citizen.heading("Ihr Termin ist abgesagt")
    yield "cancelled"


def going_astray(citizen: Walk) -> Iterator[str]:
    """Lose the link, follow dead ones, do what cannot be done."""
    page, home = citizen.page, citizen.town.url + TOWN
    page.goto(f"{home}link")
    yield "lost link"
    citizen.press("Link schicken")
    yield "lost link with faults"
    page.get_by_label("Terminnummer").fill("ABC-DEFG")
    page.get_by_label("E-Mail-Adresse").fill("niemand@example.org")
    citizen.press("Link schicken")
    yield "link sent"
    for path, state in {
        "schwarmstedt/nirgends": "a page that is none",
        "nirgends/": "a municipality that is none",
        "schwarmstedt/book": "a form's address opened by hand",
        "t/nonsense": "a dead link",
    }.items():
        page.goto(f"{citizen.town.url}/{path}")
        yield state


def reading(citizen: Walk) -> Iterator[str]:
    """Read who answers for the pages, what they store and how accessible they are."""
    for page in ("imprint", "privacy", "accessibility"):
        citizen.page.goto(f"{citizen.town.url}{TOWN}{page}")
        yield page


JOURNEYS: Mapping[str, Journey] = {
    journey.__name__: journey for journey in (choosing, mistyping, asking_twice, managing, going_astray, reading)
}
