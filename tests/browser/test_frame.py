"""The booking in a frame, on homepages of other origins, as people see it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.axe import ASK, AXE, Examined
from tests.browser.hosting import Homepage
from tests.browser.walking import Town, own_day, turn_to
from tests.serving import ROOT
from tools.homepage.pages import make_pages

FIXED = 900  # px, the height in the lines to copy


@dataclass
class Inside:
    """What a citizen does inside the frame of a homepage."""

    page: Page
    town: Town
    address: str
    follows: bool = False  # whether the frame gets as high as its content

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def element(self) -> Locator:
        return self.page.locator("iframe")

    def heading(self, words: str) -> None:
        expect(self.frame.get_by_role("heading", level=1)).to_contain_text(words)

    def click(self, target: Locator) -> None:
        self.stands_still()
        target.click()

    def press(self, name: str) -> None:
        self.click(self.frame.get_by_role("button", name=name))

    def chooses(self, concern: str) -> None:
        self.click(self.frame.get_by_role("link", name=concern))

    def walks_to_pending(self) -> None:
        self.chooses("Personalausweis beantragen")
        self.heading("Das bringen Sie mit")
        self.press("Weiter zu Ihren Angaben")
        self.frame.get_by_label("Name", exact=True).fill("Erika Mustermann")
        self.frame.get_by_label("E-Mail-Adresse").fill(self.address)
        self.press("Weiter zu den freien Zeiten")
        self.heading("Wann möchten Sie kommen?")
        self.stands_still()
        turn_to(own_day(self.frame.locator(".wf-day"), self.address))
        self.click(self.frame.locator(".wf-day-times .wf-time").first)
        self.heading("noch nicht gebucht")

    def types_the_code(self) -> None:
        body = self.town.letter(self.address, "bestätigen").get_body(("plain",))
        assert body is not None
        code = re.findall(r"\b(\d{3}) ?(\d{3})\b", body.get_content())[0]
        self.frame.get_by_label("Code aus der E-Mail").fill("".join(code))
        self.press("Termin bestätigen")
        self.heading("Ihr Termin ist gebucht")

    def stands_still(self) -> None:
        """Wait for it before a click: who grows between the mouse's way down and up moves what it is pressed on."""
        if self.follows:
            self.sees_it_all()

    def sees_it_all(self) -> None:
        """Wait until the frame is as high as its content, which neither style sheet nor font changes any more."""
        self.page.frames[1].wait_for_load_state()
        high = self.frame.locator("html").evaluate(
            "async html => { await document.fonts.ready; return html.getBoundingClientRect().height }"
        )
        self.page.wait_for_function(
            "high => Math.abs(document.querySelector('iframe').offsetHeight - high) <= 2", arg=high
        )

    def height(self) -> float:
        box = self.element.bounding_box()
        assert box is not None
        return box["height"]


@pytest.fixture
def opened(visit: Callable[..., Page], town: Town, homepage: Homepage, address: str) -> Callable[..., Inside]:
    """Return what opens a homepage, the sample's page with the frame unless told otherwise."""
    homepage.pages = make_pages(town.url, "schwarmstedt")

    def begun(url: str = "", **options: Any) -> Inside:
        page = visit(**options)
        page.goto(url or f"{homepage.origin}/rahmen")
        return Inside(page, town, address, follows=not url and options.get("java_script_enabled", True))

    return begun


def messages(page: Page, *, asking: bool = False) -> list[object]:
    """Return what the homepage hears from its frames while twenty pictures are drawn."""
    heard: list[object] = page.evaluate(
        """async (asking) => {
            const heard = [];
            addEventListener("message", ({ data }) => heard.push(data));
            if (asking) frames[0].postMessage({ wartefrei: "height?" }, "*");
            for (let picture = 0; picture < 20; picture += 1) await new Promise(requestAnimationFrame);
            return heard;
        }""",
        asking,
    )
    return heard


def show(homepage: Homepage, page: Page, town: Town, head: str = "", *, origin: str = "", **headers: str) -> Page:
    """Open a homepage that holds the bare frame, without the line for its height."""
    frame = f'<iframe src="{town.url}/schwarmstedt/?frame=1" title="Termin" width="100%" height="900" frameborder="0">'
    homepage.show(f'<!doctype html><html lang="de"><title>Start</title>{head}{frame}</iframe>', **headers)
    page.goto(origin or homepage.origin)
    return page


@pytest.mark.parametrize("java_script", [True, False], ids=["with scripts", "without scripts"])
def test_one_can_book_and_confirm_inside_the_frame_without_a_cookie(opened, java_script):
    citizen = opened(java_script_enabled=java_script)
    citizen.walks_to_pending()
    citizen.types_the_code()
    assert citizen.town.appointments(citizen.address) == ["confirmed"]
    assert "/rahmen" in citizen.page.url
    assert citizen.page.context.storage_state() == {"cookies": [], "origins": []}


def test_back_inside_the_frame_never_says_that_what_is_booked_is_not(opened):
    citizen = opened()
    citizen.walks_to_pending()
    citizen.types_the_code()
    with citizen.page.expect_response("**/pending?*"):  # it asks anew
        citizen.page.frames[1].evaluate("() => void setTimeout(() => history.back())")  # answer before the page goes
    citizen.heading("Ihr Termin ist gebucht")
    expect(citizen.frame.get_by_label("Code aus der E-Mail")).to_have_count(0)


def test_the_languages_begin_where_the_heading_does(opened):
    citizen = opened()
    names = citizen.frame.locator(".wf-language").first.evaluate("it => it.parentElement.getBoundingClientRect().left")
    heading = citizen.frame.get_by_role("heading", level=1).evaluate("it => it.getBoundingClientRect().left")
    assert abs(names - heading) <= 8


def test_a_frame_follows_the_height_of_its_content_and_then_stands_still(opened):
    citizen = opened()
    citizen.heading("Wofür brauchen Sie einen Termin?")
    expect(citizen.element).not_to_have_css("height", f"{FIXED}px")
    citizen.sees_it_all()
    first = citizen.height()
    citizen.chooses("Personalausweis beantragen")
    citizen.heading("Das bringen Sie mit")
    citizen.page.wait_for_function("before => document.querySelector('iframe').offsetHeight !== before", arg=first)
    citizen.sees_it_all()
    assert messages(citizen.page) == []


def test_a_browser_that_does_not_name_the_page_around_is_told_when_that_page_asks(visit, town, homepage):
    homepage.pages = make_pages(town.url, "schwarmstedt")
    page = visit()
    script = (ROOT / "booking/web/static/framed.js").read_text().replace("location.ancestorOrigins", "undefined")
    page.route("**/framed.js*", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto(f"{homepage.origin}/rahmen")
    citizen = Inside(page, town, "")
    citizen.heading("Wofür brauchen Sie einen Termin?")
    expect(citizen.element).not_to_have_css("height", f"{FIXED}px")
    citizen.sees_it_all()


def test_a_new_step_begins_where_one_can_see_it(opened):
    citizen = opened(viewport={"width": 390, "height": 700})
    citizen.chooses("Führungszeugnis")
    citizen.heading("Das bringen Sie mit")
    expect(citizen.frame.get_by_role("heading", level=1)).to_be_in_viewport()


def test_without_the_line_the_frame_keeps_its_height(visit, town, homepage):
    page = show(homepage, visit(), town, "<script>heard = []; onmessage = ({ data }) => heard.push(data)</script>")
    citizen = Inside(page, town, "")
    citizen.heading("Wofür brauchen Sie einen Termin?")
    assert citizen.height() == FIXED
    assert {name for each in page.evaluate("heard") for name in each} <= {"wartefrei", "height", "isNew"}


def test_a_listed_homepage_that_sends_no_referrer_shows_the_booking(visit, town, homepage):
    citizen = Inside(show(homepage, visit(), town, Referrer_Policy="no-referrer"), town, "")
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_a_foreign_homepage_that_hides_who_it_is_shows_nothing(open_page, town, homepage):
    page = show(homepage, open_page(), town, origin=homepage.foreign_origin, Referrer_Policy="no-referrer")
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_be_attached()
    expect(frame.get_by_role("heading", name="Wofür brauchen Sie einen Termin?")).to_have_count(0)


def test_a_foreign_homepage_shows_why_hears_nothing_and_leads_out(opened, homepage, town, tmp_path):
    citizen = opened(f"{homepage.foreign_origin}/rahmen")
    examined = Examined(citizen.page)
    citizen.page.reload()
    citizen.heading("Hier kann die Terminbuchung nicht gezeigt werden")
    assert messages(citizen.page, asking=True) == []
    assert citizen.height() == FIXED
    assert examined.page.frames[1].evaluate(f"{AXE.read_text(encoding='utf-8')};({ASK})()") == []
    assert [complaint for complaint in examined.invalid(tmp_path) if "frame=1: " in complaint] == []
    with citizen.page.context.expect_page() as tab:
        citizen.frame.get_by_role("link", name="in einem neuen Tab öffnen").click()
    expect(tab.value.get_by_role("heading", level=1)).to_contain_text("Wofür brauchen Sie einen Termin?")
    assert tab.value.url == f"{town.url}/schwarmstedt/"


def test_the_page_for_web_editors_shows_the_booking_and_copies_its_lines(visit, town, tmp_path):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    examined = Examined(page)
    page.goto(f"{town.url}/schwarmstedt/embed?concern=personalausweis")
    expect(page.locator("wartefrei-booking").get_by_role("heading", level=2)).to_contain_text("Das bringen Sie mit")
    page.get_by_role("button", name="Kopieren").first.click()
    expect(page.get_by_role("status").get_by_text("Kopiert")).to_be_visible()
    assert 'concern="personalausweis"' in page.evaluate("navigator.clipboard.readText()")
    page.get_by_text("Vorschau des Rahmens").first.click()
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_contain_text("Das bringen Sie mit")
    examined.look("embed")
    assert examined.found == []
    assert [complaint for complaint in examined.invalid(tmp_path) if "/embed" in complaint] == []
