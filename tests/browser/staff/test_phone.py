"""A phone booking by keyboard alone: its key presses and steps counted, Esc, overrides, two clerks and one time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment, Audit, Hold, Login, Membership, Municipality, Office
from tests.browser.axe import Examined
from tests.browser.staff.counter import AROUND_NOON, ZONE, Counter
from tests.builders import a_municipality

MOST_PRESSES = 25
NAME, NUMBER = "Thea Telefonisch", "05071 701701"  # each test has people of its own: a second booking is asked about


@dataclass
class Keyboard:
    """Somebody at a phone who has no mouse; ``presses`` counts every key but those of name and number."""

    page: Page
    presses: int = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.presses += len(words)

    def say(self, words: str) -> None:
        """Type what the caller says; it has to be typed in any system."""
        self.page.keyboard.type(words)

    def wish(self, words: str) -> None:
        self.type(words)
        self.press("Enter")
        expect(self.page.get_by_role("list", name="Gewählte Anliegen")).to_be_visible()
        expect(self.time(1)).to_be_visible()

    def time(self, number: int):
        return self.page.locator(f"#ph-times [data-key='{number}']")

    def hold(self, number: int) -> None:
        self.press(str(number))
        expect(self.page.get_by_label("Name")).to_be_focused()

    def tell(self, name: str, number: str) -> None:
        self.say(name)
        self.press("Tab")
        self.say(number)
        self.press("Enter")

    @property
    def heading(self):
        return self.page.get_by_role("heading", level=1)


def on_phone(counter: Counter, page: Page, desk) -> Keyboard:
    counter.log_in(page, "phone", desk)
    page.goto(f"{counter.url}/staff/phone")
    expect(page.get_by_label("Worum geht es?")).to_be_focused()
    return Keyboard(page)


def read_back(page: Page) -> str:
    return page.locator("[data-reference]").inner_text().replace("-", "")


def search_beside(page: Page, reference: str) -> None:
    """Follow the warning to the appointment, in a tab of its own; who is meant stands in no address."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Den Termin suchen").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text(reference[:3])
    assert NUMBER[-6:] not in opened.value.url
    opened.value.close()


def test_two_calls_by_keyboard_alone(counter: Counter, visit: Callable[..., Page], tmp_path: Path) -> None:
    desk = counter.office(clerks=1, blocks=AROUND_NOON)
    page = visit()
    seen = Examined(page)
    keys = on_phone(counter, page, desk)
    seen.look("begun")
    keys.wish("perso")
    keys.press("+")
    expect(page.locator("#ph-chosen")).to_contain_text("2 Stück")
    seen.look("times")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("1")  # nothing has the focus: somebody leans on the keyboard, or a program for speech types
    page.keyboard.press("F2")
    second = re.findall(r"\d\d:\d\d", keys.time(2).inner_text())[0]
    keys.hold(2)
    expect(page.locator(".ph-held")).to_contain_text(second)
    expect(page.locator(".ph-left")).to_contain_text("Gehalten noch 2:")
    seen.look("held")
    keys.tell(NAME, NUMBER)
    expect(keys.heading).to_have_text("Termin ist eingetragen")
    assert keys.presses <= MOST_PRESSES, keys.presses
    assert keys.presses == len("perso") + len(["Enter", "+", "2", "Tab", "Enter"])
    reference = read_back(page)
    expect(page.get_by_role("list", name="Terminnummer buchstabiert").get_by_role("listitem")).to_have_count(7)
    expect(page.get_by_text("Am Markt 1, 29690 Musterstadt")).to_be_visible()
    seen.look("booked")
    assert counter.status(reference) == "confirmed"

    # The next call, from the same person: Esc frees the time, the second one needs a reason.
    keys.press("F8")
    expect(page.get_by_label("Worum geht es?")).to_be_focused()
    keys.wish("melde")
    keys.hold(1)
    assert len(holds(counter)) == 1
    keys.press("Escape")
    expect(keys.time(1)).to_be_visible()
    assert holds(counter) == []
    keys.hold(3)
    keys.tell(NAME, NUMBER)
    reason = page.get_by_label(re.compile("Für diese Person scheint es schon einen Termin"))
    expect(reason).to_be_focused()
    expect(page.get_by_role("textbox", name="Name")).to_have_value(NAME)
    seen.look("asked why")
    search_beside(page, reference)
    reason.focus()
    keys.press("ArrowDown", "Enter")
    expect(keys.heading).to_have_text("Termin ist eingetragen")
    assert reasons(counter, read_back(page)) == {"already-booked": "other-matter"}
    assert seen.found == []
    assert seen.invalid(tmp_path) == []


def test_filters_lead_to_the_times_by_enter_and_nothing_in_mid_word_is_taken(
    counter: Counter, visit: Callable[..., Page]
) -> None:
    keys = on_phone(counter, visit(), counter.office(clerks=1, blocks=AROUND_NOON))
    page = keys.page
    page.keyboard.type("sonalaus")
    page.keyboard.press("Enter")
    expect(page.locator(".ph-found")).to_be_focused()
    page.keyboard.press("Escape")
    keys.press("F2")
    keys.wish("perso")
    keys.press("F4", "n", "Tab", "Tab", "Space", "Enter")  # nachmittags, Monday, Tuesday
    expect(keys.time(1)).to_be_focused()
    expect(keys.time(1)).to_contain_text(re.compile(r"Di\., .* 1[2-9]:"))
    keys.hold(2)
    keys.tell("Frieda Filter", "05071 702702")
    expect(keys.heading).to_have_text("Termin ist eingetragen")
    assert keys.presses == len("perso") + len(["F2", "Enter", "F4", "n", "Tab", "Tab", "Space", "Enter", "2"]) + 2
    assert keys.presses <= MOST_PRESSES


def test_a_call_is_not_lost_to_a_slip_of_the_hand_or_a_server_that_refuses(
    counter: Counter, open_page: Callable[..., Page]
) -> None:
    """Enter twice is Enter once; digits in words are digits; looking by itself never leads away."""
    page = open_page()
    keys = on_phone(counter, page, counter.office(clerks=1, blocks=AROUND_NOON))
    told = page.locator("[data-status]")
    keys.type("me")
    expect(told).to_have_text(re.compile(r"\d Treffer"))
    page.locator(".ph-found span").first.evaluate("words => words.append(' und noch eins'.repeat(30))")
    assert page.locator(".ph-found .ph-key").bounding_box()["height"] < 30, "Enter is written in one line"
    keys.press("Backspace", "Backspace")
    keys.wish("perso")
    keys.type("x1")  # a digit holds a time only while the field is empty
    expect(page.locator("#q")).to_have_value("x1")
    expect(told).to_have_text("0 Treffer")
    assert holds(counter) == []

    for status in (429, 500):
        body = f"<h1>Fehler</h1><main><p class='kern-body'>Das war {status}.</p></main>"
        page.route("**/staff/phone", partial(_answered, status, body))
        keys.type("y")
        expect(told).to_have_text(f"Fehler. Das war {status}.")
        page.unroute("**/staff/phone")
    page.context.clear_cookies()
    keys.type("z")
    expect(told).to_contain_text("Sie sind abgemeldet")
    expect(page.locator("#q")).to_have_value("x1yyz")


def _answered(status: int, body: str, route: Route) -> None:
    route.fulfill(status=status, body=body)


def test_enter_twice_is_enter_once_and_a_lapse_is_told(counter: Counter, visit: Callable[..., Page]) -> None:
    page = visit()
    page.clock.install()
    keys = on_phone(counter, page, counter.office(clerks=1, blocks=AROUND_NOON))
    keys.wish("perso")
    keys.hold(1)
    page.clock.fast_forward(10 * 60_000)
    page.clock.run_for(2_000)
    expect(page.locator("[data-status]")).to_contain_text("Die Zeit wird nicht mehr gehalten.")
    keys.say("Dora Doppelt")  # nobody who has an appointment already
    keys.press("Tab")
    keys.say("05071 703703")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/book") else None)
    page.evaluate("() => { for (const _ of [1, 2]) document.querySelector('#call').requestSubmit() }")
    expect(keys.heading).to_have_text("Termin ist eingetragen")
    assert len(sent) == 1


def test_of_two_clerks_one_gets_the_time_and_the_other_loses_nothing(
    counter: Counter, visit: Callable[..., Page]
) -> None:
    desk = counter.office(clerks=1, blocks=AROUND_NOON)
    petra, paul = (on_phone(counter, visit(), desk) for _ in range(2))
    for clerk in (petra, paul):
        clerk.wish("perso")
    wanted = petra.time(1).inner_text()
    petra.hold(1)
    assert paul.time(1).inner_text() == wanted
    paul.press("1")
    expect(paul.page.get_by_role("alert")).to_contain_text("Am nächsten daran liegen")
    expect(paul.page.locator("#ph-chosen")).to_contain_text("Personalausweis")
    paul.hold(1)
    for clerk, name, number in ((petra, "Petra Erste", "05071 111111"), (paul, "Paul Zweiter", "05071 222222")):
        clerk.tell(name, number)
        expect(clerk.heading).to_have_text("Termin ist eingetragen")
    assert starts(counter, petra) != starts(counter, paul)


def test_the_page_works_without_scripts(counter: Counter, visit: Callable[..., Page]) -> None:
    desk = counter.office(clerks=1, blocks=AROUND_NOON)
    page = visit(java_script_enabled=False)
    counter.log_in(page, "desk", desk)
    page.goto(f"{counter.url}/staff/phone")
    page.get_by_label("Worum geht es?").fill("perso")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Personalausweis beantragen").click()
    page.locator("#ph-times [data-key='1']").click()
    page.get_by_role("textbox", name="Name").fill("Ohne Skript")
    page.get_by_role("textbox", name="Telefon").fill("05071 333333")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Termin ist eingetragen")
    assert counter.status(read_back(page)) == "confirmed"


def test_a_districts_team_begins_with_the_place_of_residence(counter: Counter, visit: Callable[..., Page]) -> None:
    page = visit()
    name = counter.log_in(page, "phone", counter.office(clerks=1, blocks=AROUND_NOON))
    with counter.app.app_context():
        a_municipality("nachbarstadt", name={"de": "Gemeinde Nachbarstadt"}, timezone=ZONE.key)
    with counter.writing():
        neighbours = db.session.scalars(select(Municipality).where(Municipality.slug == "nachbarstadt")).one()
        place = db.session.scalars(select(Office).where(Office.municipality_id == neighbours.id)).one()
        place.postal_code, place.city = "29693", "Hodenhagen"
        login = db.session.scalars(select(Login).where(Login.name == name)).one()
        db.session.add(Membership(login_id=login.id, municipality_id=neighbours.id, role="phone"))
        neighbours.revision += 1
        db.session.commit()
    page.goto(f"{counter.url}/staff/phone")
    keys = Keyboard(page)
    expect(page.get_by_label("Wo wohnt die Person?")).to_be_focused()
    keys.type("29693")
    keys.press("Enter")
    expect(page.get_by_label("Worum geht es?")).to_be_focused()
    keys.wish("perso")
    keys.hold(1)
    expect(page.locator(".ph-held")).to_contain_text("Hodenhagen")
    keys.tell("Dieter Distrikt", "05071 704704")
    expect(keys.heading).to_have_text("Termin ist eingetragen")
    assert keys.presses <= MOST_PRESSES, keys.presses


def holds(counter: Counter) -> list[int]:
    with counter.app.app_context():
        return list(db.session.scalars(select(Hold.appointment_id)))


def reasons(counter: Counter, reference: str) -> object:
    with counter.app.app_context():
        line = select(Audit.details).where(Audit.subject == f"appointment {reference}")
        return db.session.scalars(line).one()["reasons"]


def starts(counter: Counter, clerk: Keyboard) -> object:
    with counter.app.app_context():
        row = select(Appointment.start).where(Appointment.reference == read_back(clerk.page))
        return db.session.scalars(row).one()
