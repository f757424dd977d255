"""Ways through the service that together show every page in every state; each yields the state's name."""

from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import expect

from tests.browser.wordless import HOME, Wordless

Journey = Callable[[Wordless], Iterator[str]]


def choosing(citizen: Wordless) -> Iterator[str]:
    """List, search and combine concerns."""
    for path, state in {
        "": "municipalities",
        f"{HOME}/": "concerns",
        f"{HOME}/?q=Perso": "a search that finds",
        f"{HOME}/?q=Führerschein verloren": "a search that finds others",
        f"{HOME}/?q=xyzzy": "a search that finds nothing",
        f"{HOME}/checklist?concern=personalausweis:3&concern=reisepass:2": "a checklist of several concerns",
        f"{HOME}/checklist?concern=personalausweis:6&concern=reisepass:6": "more than fits into one appointment",
        f"{HOME}/?concern=personalausweis:3": "adding a concern",
        f"{HOME}/checklist?concern=personalausweis:99": "a quantity that is refused",
    }.items():
        citizen.open(path)
        yield state


def mistyping(citizen: Wordless) -> Iterator[str]:
    """Make every mistake that the forms know."""
    citizen.choose()
    citizen.go_on()
    yield "contact"
    citizen.go(f"/{HOME}/time")
    yield "contact with faults"
    citizen.page.locator("#name").fill("Erika Mustermann")
    citizen.page.locator("#email").fill("erika@gmial.com")
    citizen.go(f"/{HOME}/time")
    yield "an address that looks misspelled"
    citizen.type_in()
    yield "times"
    citizen.hold()
    citizen.page.locator("#code").fill("000000")
    citizen.go("/pending/code")
    yield "a wrong code"
    citizen.page.locator("summary").click()
    yield "correcting the address"
    citizen.page.locator("#correct-email").fill("niemand")
    citizen.go("/pending/email")
    yield "an address that is none"
    citizen.page.locator("#correct-email").fill(f"neu.{citizen.address}")
    citizen.go("/pending/email")
    yield "address corrected"


def having_no_luck(citizen: Wordless) -> Iterator[str]:
    """Take a time that somebody else has just taken; type wrong codes until none counts."""
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.lose_to_another(citizen.choose_day())
    citizen.step(citizen.times().first)
    expect(citizen.page.locator(".wf-nearest")).to_be_visible()
    yield "a time taken meanwhile"
    citizen.step(citizen.page.locator(".wf-nearest button").first)
    for _ in range(6):
        citizen.page.locator("#code").fill("000000")
        citizen.go("/pending/code")
    yield "a code that is locked"


def booking_by_code(citizen: Wordless) -> Iterator[str]:
    """Ask for the letter again and for more time; type the letter's digits."""
    citizen.book()
    yield "pending"
    citizen.go("/pending/resend")
    yield "sent again"
    citizen.go("/pending/time")
    yield "more time"
    citizen.page.locator("#code").fill(citizen.code())
    citizen.go("/pending/code")
    yield "booked by code"
    citizen.go("/pending/checklist")
    yield "the checklist to print, by code"


def asking_twice(citizen: Wordless) -> Iterator[str]:
    """Go back and take another time."""
    citizen.book()
    citizen.page.go_back()
    citizen.step(citizen.times().nth(1))
    yield "asked whether to hold another"
    citizen.go(f"/{HOME}/book")
    expect(citizen.page.locator("#code")).to_be_visible()


def proving(citizen: Wordless) -> Iterator[str]:
    """Book while an office is abused, in another language and at last by letter."""
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.choose_day()
    with citizen.in_abuse_mode():
        citizen.step(citizen.times().first)
        yield "work that is to be proven"
        citizen.speak("en")
        yield "work that is to be proven, in English"
        citizen.step(citizen.page.locator("[name=by_letter]:visible"))
        yield "a letter that comes first"


def managing(citizen: Wordless) -> Iterator[str]:
    """Use the mailed link for all that it can do, and take it back."""
    citizen.book()
    citizen.page.goto(citizen.link())
    yield "the link before confirming"
    citizen.go("/confirm")
    yield "confirmed"
    citizen.go("/checklist")
    yield "the checklist to print"
    citizen.page.go_back()
    citizen.go("/move")
    yield "choosing another time"
    citizen.lose_to_another(str(citizen.times().first.get_attribute("value")))
    citizen.step(citizen.times().first)
    yield "moving to a time taken meanwhile"
    citizen.step(citizen.times().last)
    yield "moved"
    citizen.go("/undo")
    yield "a move undone"
    citizen.go("/cancel")
    yield "asked whether to cancel"
    citizen.go("/cancel")
    yield "cancelled"
    citizen.wait_an_hour()
    citizen.go("/undo")
    yield "an undo that is refused"


def leaving_nothing(citizen: Wordless) -> Iterator[str]:
    """See what is stored, and have it erased."""
    citizen.book()
    citizen.page.goto(citizen.link())
    citizen.go("/confirm")
    citizen.go("/data")
    yield "what is stored"
    citizen.go("/erase")
    yield "asked whether to erase"
    citizen.go("/erase")
    expect(citizen.page.locator(".kern-alert--success")).to_be_visible()
    yield "erased"


def being_relocated(citizen: Wordless) -> Iterator[str]:
    """Be moved by the office, and take the time that it has found."""
    citizen.book()
    citizen.confirm()
    citizen.be_relocated()
    citizen.page.goto(citizen.link())
    expect(citizen.way("/accept")).to_be_visible()
    yield "moved by the office"
    citizen.go("/accept")
    expect(citizen.way("/accept")).to_have_count(0)
    yield "the new time accepted"


def being_late(citizen: Wordless) -> Iterator[str]:
    """Confirm when the time to do so is over, and the appointment's time is gone."""
    start = citizen.book()
    link = citizen.link()
    citizen.wait_an_hour()
    citizen.page.locator("#code").fill("000000")
    citizen.go("/pending/code")
    yield "pending for too long"
    citizen.page.goto(link)
    yield "the link, too late"
    citizen.lose_to_another(start)
    citizen.go("/confirm")
    expect(citizen.page.locator(".wf-nearest")).to_be_visible()
    yield "too late, and taken meanwhile"


def finding_nothing_free(citizen: Wordless) -> Iterator[str]:
    """Want what one office has no time for."""
    citizen.choose("pass", town="leerstadt")
    yield "two offices, one without a free time"
    citizen.go_on()
    citizen.type_in()
    expect(citizen.page.locator(".wf-time")).to_have_count(0)
    yield "nothing free"


def going_astray(citizen: Wordless) -> Iterator[str]:
    """Lose the link, follow dead ones."""
    citizen.open(f"{HOME}/link")
    yield "lost link"
    citizen.go(f"/{HOME}/link")
    yield "lost link with faults"
    citizen.page.locator("#reference").fill("ABC-DEFG")
    citizen.page.locator("#email").fill("niemand@example.org")
    citizen.go(f"/{HOME}/link")
    yield "link sent"
    for path, state in {
        f"{HOME}/nirgends": "a page that is none",
        "nirgends/": "a municipality that is none",
        "t/nonsense": "a dead link",
    }.items():
        citizen.open(path)
        yield state


def changing_the_language(citizen: Wordless) -> Iterator[str]:
    """Ask for another language wherever something is typed."""
    citizen.choose()
    citizen.go_on()
    citizen.page.locator("#name").fill("Erika Mustermann")
    citizen.speak("en")
    yield "contact in English"
    citizen.type_in()
    citizen.hold()
    citizen.page.locator("#code").fill("12")
    citizen.speak("tr")
    yield "pending in Turkish"
    citizen.page.go_back()
    citizen.page.go_back()
    citizen.step(citizen.times().nth(1))
    citizen.speak("uk")
    yield "asked in Ukrainian whether to hold another"
    citizen.open(f"{HOME}/link")
    citizen.page.locator("#reference").fill("ABC")
    citizen.speak("ar")
    yield "lost link in Arabic"


def reading(citizen: Wordless) -> Iterator[str]:
    """Read who answers for the pages, what they store, how accessible they are, and how to embed them."""
    for page in ("imprint", "privacy", "accessibility", "embed"):
        citizen.open(f"{HOME}/{page}")
        yield page


BOOKING = frozenset({"checklist", "contact", "times", "take"})
# What each journey shows, by the endpoints of the blueprint ``citizen`` that answer it with a page.
SHOWN: Mapping[Journey, frozenset[str]] = {
    choosing: frozenset({"start", "concerns", "checklist"}),
    mistyping: BOOKING | {"type_code", "correct"},
    having_no_luck: BOOKING | {"type_code"},
    booking_by_code: BOOKING | {"send_again", "give_time", "type_code", "checklist_by_holder"},
    asking_twice: BOOKING,
    proving: BOOKING | {"ask_proof"},
    managing: BOOKING | {"appointment", "checklist_to_print", "choose_other", "move_it", "ask_to_cancel", "undo_it"},
    leaving_nothing: BOOKING | {"appointment", "show_data", "ask_to_erase", "say_erased"},
    being_relocated: BOOKING | {"appointment"},
    being_late: BOOKING | {"type_code", "appointment", "confirm_it"},
    finding_nothing_free: BOOKING - {"take"},
    going_astray: frozenset({"ask_for_link", "mail_link"}),
    changing_the_language: BOOKING | {"pending", "twice", "ask_for_link", "ask_again"},
    reading: frozenset({"imprint", "privacy", "accessibility", "embed"}),
}
NO_PAGES: Mapping[str, str] = {
    "begin": "leads to the concerns",
    "begin_appointment": "leads to the appointment",
    "begin_link": "leads to where the lost link is asked for",
    "calendar": "a file",
    "download_data": "a file",
    "erase_it": "leads to where it is said; it refuses on the page that asks",
    "calendar_by_holder": "a file",
    "logo": "a picture",
    "theme": "a style sheet",
    "accept_it": "leads to the appointment; it refuses on the same page as confirm_it",
    "keep_it": "leads to the appointment; it refuses on the same page as confirm_it",
    "cancel_it": "leads to the appointment; it refuses on the same page as confirm_it",
}
JOURNEYS: Mapping[str, Journey] = {journey.__name__: journey for journey in SHOWN}
