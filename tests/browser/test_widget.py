"""Booking inside somebody else's page: another origin, a strict policy, styles that mean no good."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.axe import Examined
from tests.browser.embedding import HOSTILE, Site, element
from tests.browser.hosting import Homepage
from tests.browser.walking import Walk

PICTURES = Path(__file__).parents[2] / "build/screenshots"
PLAIN = "body { font: 16px serif; margin: 1rem } a { color: CanvasText }"
DARK = '<meta name="color-scheme" content="light dark">'
DROPPED = "Die Verbindung ist unterbrochen"
KEPT = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await navigator.serviceWorker?.getRegistrations() ?? []).length]"""
ACTIVE = """() => { let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active }"""
CONTRAST = """(where) => {
  const seen = (colour) => { const canvas = new OffscreenCanvas(1, 1).getContext("2d", {colorSpace: "srgb"});
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const light = (colour) => seen(colour).map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [.2126, .7152, .0722][place], 0);
  const style = getComputedStyle(where), base = getComputedStyle(where.getRootNode().querySelector(".wf-shadow"));
  const ratio = (one, two) => { const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + .05) / (low + .05) };
  return [ratio(style.backgroundColor, base.backgroundColor),
    ratio(style.backgroundColor, getComputedStyle(where.querySelector(".kern-label")).color)]
}"""


VIEWS = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}
LOOKS = ("color", "display", "fontFamily", "fontSize", "letterSpacing", "lineHeight", "textAlign", "transform")


def styles_of(where: Locator) -> dict[str, str]:
    return where.evaluate("(it, names) => names.map(name => getComputedStyle(it)[name])", LOOKS)


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


@pytest.fixture
def site(homepage: Homepage) -> Site:
    homepage.pages = Site()
    return homepage.pages


@pytest.fixture
def guests(town, address, homepage: Homepage, site: Site) -> Callable[..., Callable[..., Guest]]:
    def by(opening: Callable[..., Page]) -> Callable[..., Guest]:
        def begun(body: str = "", look=lambda _step: None, *, page=None, **options) -> Guest:
            path = site.add(town.url, body or element(), **(page or {"styles": PLAIN}))
            return Guest(opening(**options), town, address, look, homepage.origin + path)

        return begun

    return by


@pytest.fixture
def guest(guests, visit) -> Callable[..., Guest]:
    return guests(visit)


@pytest.fixture
def cut_off_guest(guests, open_page) -> Callable[..., Guest]:
    """Of a request that is lost, the browser's console tells by itself."""
    return guests(open_page)


def test_the_whole_way_under_a_strict_policy_and_hostile_styles(guest, town, address, homepage):
    friendly = guest()
    friendly.choose()
    own_styles = styles_of(friendly.page.get_by_role("heading", level=2).first)
    asked = []
    citizen = guest(page={"styles": HOSTILE, "trusted": True})
    citizen.page.on("request", lambda request: asked.append(request.url))
    citizen.choose()
    heading = citizen.page.get_by_role("heading", level=2).first
    assert styles_of(heading) == own_styles
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    assert town.appointments(address) == ["confirmed"]
    assert {re.match(r"http://[^/]+", url)[0] for url in asked} == {town.url, homepage.origin}
    assert citizen.page.evaluate("[...document.fonts].filter(it => it.status === 'loaded').length") == 2


def test_nothing_is_kept_and_no_address_holds_what_was_typed(guest, address):
    citizen = guest()
    citizen.begin()
    citizen.page.get_by_label("Anliegen suchen").fill("Xyzzy")
    citizen.page.get_by_label("Anliegen suchen").press("Enter")
    expect(citizen.page.get_by_text("Nichts gefunden zu „Xyzzy“")).to_be_visible()
    seen = [citizen.state()]
    for step in (citizen.choose, citizen.go_on, citizen.type_in, citizen.hold):
        step()
        seen.append(citizen.state())
    holder = citizen.page.locator("input[name=holder]").first.input_value()
    reference = citizen.page.locator("input[name=reference]").first.input_value()
    typed = "".join(seen) + citizen.page.url
    assert [word for word in ("Erika", address, holder, reference, "Xyzzy") if word in typed] == []
    assert citizen.page.evaluate(KEPT) == ["", 0, 0, 0, 0]
    assert citizen.page.context.cookies() == []
    assert set(json.loads(seen[-1])) == {"wartefrei:1"}


def test_the_keyboard_alone_books(guest, town, address):
    citizen = guest(page={"styles": HOSTILE})
    page = citizen.page
    citizen.begin()
    assert page.evaluate("document.activeElement === document.body"), "the widget steals the focus"

    def reach(words: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            active = page.evaluate_handle(ACTIVE)
            if words in active.evaluate("it => it.innerText || it.id"):
                outline = "it => getComputedStyle(it.closest('.wf-tile') ?? it).outlineStyle"
                assert active.evaluate(outline) != "none", f"no visible focus on {words}"
                return
        pytest.fail(f"the keyboard does not reach {words}")

    def go(words: str, to: str) -> None:
        reach(words)
        page.keyboard.press("Enter")
        citizen.heading(to)
        citizen.has_focus(page.get_by_role("heading", level=2).first)

    go("Personalausweis beantragen", "Das bringen Sie mit")
    go("Weiter zu Ihren Angaben", "Wer kommt zum Termin?")
    reach("name")
    page.keyboard.type("Erika Mustermann")
    reach("email")
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    citizen.heading("Wann möchten Sie kommen?")
    go("Uhr", "noch nicht gebucht")
    reach("code")
    page.keyboard.type(citizen.code())
    page.keyboard.press("Enter")
    citizen.heading("Ihr Termin ist gebucht")
    assert town.appointments(address) == ["confirmed"]


def test_errors_are_a_summary_whose_links_lead_to_the_fields(guest):
    citizen = guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
    citizen.press("Weiter zu den freien Zeiten")
    citizen.has_focus(citizen.page.locator(".kern-alert--danger"))
    citizen.page.get_by_role("link", name="E-Mail-Adresse:").click()
    citizen.has_focus(citizen.page.get_by_label("E-Mail-Adresse"))
    expect(citizen.page.get_by_label("Name", exact=True)).to_have_value("Erika Mustermann")


def test_another_day_or_search_moves_the_focus_to_what_is_new(guest):
    citizen = guest()
    citizen.begin()
    citizen.page.get_by_label("Anliegen suchen").fill("Perso")
    citizen.page.get_by_label("Anliegen suchen").press("Enter")
    citizen.has_focus(citizen.page.get_by_role("heading", name="zu „Perso“"))
    citizen.reach_times()
    citizen.has_focus(citizen.page.get_by_role("heading", name="Wann möchten Sie kommen?"))
    citizen.page.locator(".wf-day").nth(2).click()
    citizen.has_focus(citizen.page.locator("#choose-time"))


def test_back_forward_and_reload_at_every_step_lose_and_double_nothing(guest, town, address):
    citizen = guest()
    page = citizen.page
    citizen.choose()
    page.go_back()
    citizen.heading("Wofür brauchen Sie einen Termin?")
    page.go_forward()
    citizen.heading("Das bringen Sie mit")
    page.reload()
    citizen.heading("Das bringen Sie mit")
    citizen.go_on()
    page.reload()
    citizen.heading("Wer kommt zum Termin?")
    citizen.type_in()
    page.go_back()
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value(address)
    page.go_forward()
    citizen.heading("Wann möchten Sie kommen?")
    page.reload()
    citizen.heading("Wer kommt zum Termin?")
    expect(page.get_by_role("status")).to_contain_text("Die Seite wurde neu geladen")
    citizen.type_in()
    citizen.hold()
    page.go_back()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_forward()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]
    page.reload()
    citizen.heading("Wer kommt zum Termin?")
    expect(page.get_by_role("status")).to_contain_text("in Ihrer E-Mail")
    assert town.appointments(address) == ["pending"]


def test_what_was_typed_stays_when_the_network_drops_and_the_next_try_goes_on(cut_off_guest, town, address):
    citizen = cut_off_guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
    citizen.page.get_by_label("E-Mail-Adresse").fill(address)
    citizen.lose("**/time?*")
    citizen.press("Weiter zu den freien Zeiten")
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_have_value(address)
    citizen.find("**/time?*")
    citizen.press("Weiter zu den freien Zeiten")
    citizen.heading("Wann möchten Sie kommen?")
    citizen.lose("**/book?*", after=True)
    citizen.times().first.click()
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    assert town.appointments(address) == ["pending"], "the answer was lost, not the booking"
    citizen.find("**/book?*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]


def test_a_fault_of_the_server_is_told_beside_what_was_typed(guest, address):
    citizen = guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("E-Mail-Adresse").fill(address)
    citizen.page.get_by_label("Name", exact=True).fill("x" * 200_000)
    citizen.page.get_by_label("Name", exact=True).evaluate(
        "it => { it.removeAttribute('maxlength'); it.value = 'x'.repeat(2e5) }"
    )
    citizen.press("Weiter zu den freien Zeiten")
    expect(citizen.page.get_by_role("alert")).to_contain_text("zu groß")
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_have_value(address)


def test_a_slow_answer_is_announced_and_a_second_click_ignored(guest, town, address):
    citizen = guest()
    citizen.page.clock.install()
    citizen.reach_times()
    held = []
    citizen.page.route("**/book?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    time = citizen.times().first
    time.dblclick()
    citizen.page.clock.run_for(400)
    expect(citizen.page.get_by_role("status").first).to_have_text("Einen Moment, bitte …")
    expect(citizen.page.locator("[aria-busy=true]")).to_have_count(1)
    citizen.page.clock.run_for(9_000)
    expect(citizen.page.get_by_role("status").first).to_contain_text("Das dauert länger als sonst")
    time.click()
    assert len(held) == 1
    held[0].continue_()
    citizen.heading("noch nicht gebucht")
    expect(citizen.page.locator("[aria-busy=true]")).to_have_count(0)
    assert town.appointments(address) == ["pending"]


def test_an_answer_that_never_comes_counts_as_lost(guest):
    citizen = guest()
    citizen.page.clock.install()
    citizen.begin()
    held = []
    citizen.page.route("**/checklist?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    citizen.page.get_by_role("link", name="Personalausweis beantragen").click()
    citizen.page.clock.run_for(41_000)
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_the_countdown_is_silent_but_for_five_minutes_and_one(guest):
    citizen = guest()
    citizen.page.clock.install()
    citizen.reach_times()
    citizen.hold()
    line, told = citizen.page.locator("[data-deadline]"), citizen.page.locator("[data-deadline] + [role=status]")
    expect(line).to_have_text("Noch 30 Minuten")
    for minutes, shown, said in (
        (10, "Noch 20 Minuten", ""),
        (15, "Noch 5 Minuten", "Noch 5 Minuten"),
        (1, "Noch 4 Minuten", "Noch 5 Minuten"),
        (3, "Noch 1 Minute", "Noch 1 Minute"),
    ):
        citizen.page.clock.run_for(minutes * 60_000)
        expect(line).to_have_text(shown)
        expect(told).to_have_text(said)


def test_where_nothing_arrives_at_first_the_plain_link_stays(cut_off_guest):
    citizen = cut_off_guest()
    citizen.lose("**/schwarmstedt/?*")
    citizen.page.goto(citizen.start)
    expect(citizen.page.get_by_role("alert")).to_contain_text("gerade nicht erreichbar")
    expect(citizen.page.get_by_role("link", name="Termin buchen")).to_be_visible()
    citizen.find("**/schwarmstedt/?*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_without_scripts_the_plain_link_stands_there(guest):
    citizen = guest(java_script_enabled=False)
    citizen.page.goto(citizen.start)
    expect(citizen.page.get_by_role("link", name="Termin buchen")).to_be_visible()


def test_two_widgets_on_one_page_go_their_own_ways(guest):
    citizen = guest(element(id="links") + element(id="rechts", concern="reisepass"))
    page = citizen.page
    left, right = page.locator("#links"), page.locator("#rechts")

    def shown(first: str, second: str) -> None:
        expect(left.get_by_role("heading", level=2).first).to_contain_text(first)
        expect(right.get_by_role("heading", level=2).first).to_contain_text(second)

    page.goto(citizen.start)
    shown("Wofür", "Das bringen Sie mit")
    left.get_by_role("link", name="Personalausweis beantragen").click()
    shown("Das bringen", "Das bringen")
    right.get_by_role("button", name="Weiter zu Ihren Angaben").click()
    shown("Das bringen", "Wer kommt")
    right.get_by_label("Name", exact=True).fill("Rechts")
    left.get_by_role("button", name="Weiter zu Ihren Angaben").click()
    shown("Wer kommt", "Wer kommt")
    left.get_by_label("Name", exact=True).fill("Links")
    page.go_back()
    shown("Das bringen", "Wer kommt")
    expect(right.get_by_label("Name", exact=True)).to_have_value("Rechts")
    page.go_back()
    shown("Das bringen", "Das bringen")
    page.go_back()
    shown("Wofür", "Das bringen")
    page.go_forward()
    page.go_forward()
    shown("Das bringen", "Wer kommt")
    expect(right.get_by_label("Name", exact=True)).to_have_value("Rechts")
    page.reload()
    shown("Das bringen", "Wer kommt")


def test_what_the_host_page_keeps_in_its_history_stays(guest):
    citizen = guest()
    citizen.begin()
    citizen.page.evaluate("history.replaceState({...history.state, theirs: 1}, '')")
    citizen.page.get_by_role("link", name="Personalausweis beantragen").click()
    citizen.heading("Das bringen Sie mit")
    assert json.loads(citizen.state())["theirs"] == 1
    citizen.page.evaluate("history.pushState({theirs: 2}, '', '#anders')")
    citizen.page.go_back()
    citizen.page.go_forward()
    assert citizen.page.evaluate("history.state.theirs") == 2
    citizen.heading("Das bringen Sie mit")


def test_a_link_of_the_homepage_leads_into_the_middle(guest):
    citizen = guest('<p><a href="#wartefrei:reisepass">Pass</a></p>' + element())
    page = citizen.page
    page.goto(f"{citizen.start}#wartefrei:personalausweis:3,fuehrungszeugnis")
    citizen.heading("Das bringen Sie mit")
    expect(page.locator("#count-personalausweis")).to_have_value("personalausweis:3")
    expect(page.get_by_text("Führungszeugnis").first).to_be_visible()
    page.get_by_role("link", name="Pass", exact=True).click()
    expect(page.get_by_text("Reisepass").first).to_be_visible()
    citizen.has_focus(page.get_by_role("heading", level=2).first)
    citizen.go_on()
    page.get_by_role("link", name="Pass", exact=True).click()
    citizen.heading("Das bringen Sie mit")
    page.go_back()
    citizen.heading("Das bringen Sie mit")
    page.go_back()
    expect(page.locator("#count-personalausweis")).to_have_value("personalausweis:3")


def test_a_site_that_is_not_listed_is_told_why(guest, town, homepage):
    citizen = guest()
    citizen.page.goto(citizen.start.replace(homepage.origin, homepage.foreign_origin))
    citizen.heading("Hier kann die Terminbuchung nicht gezeigt werden")
    link = citizen.page.get_by_role("link", name="Terminbuchung in einem neuen Tab öffnen")
    assert link.get_attribute("href") == f"{town.url}/schwarmstedt/"
    assert link.get_attribute("target") == "_blank"
    assert "05071" not in citizen.within.evaluate("it => it.shadowRoot.textContent")


def test_links_out_of_the_flow_open_a_tab_and_say_so_and_numbers_are_called(guest, town):
    citizen = guest()
    citizen.choose()
    inside = re.compile(rf"tel:|{town.url}/schwarmstedt/(checklist|contact|link)?([?#]|$)")
    seen = set()
    for link in citizen.page.locator(".wf-fragment a[href]").all():
        stays = bool(inside.match(link.get_attribute("href")))
        assert link.get_attribute("target") == (None if stays else "_blank")
        assert ("öffnet einen neuen Tab" in link.text_content()) is not stays
        seen.add(stays)
    assert seen == {True, False}


def test_the_lost_link_can_be_asked_for_inside(guest):
    citizen = guest()
    citizen.begin()
    citizen.page.get_by_role("link", name="Link zum Termin verloren?").click()
    citizen.heading("Link zum Termin verloren?")


def test_another_language_keeps_what_was_typed(guest):
    citizen = guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
    citizen.press("English")
    citizen.heading("Who")
    expect(citizen.page.get_by_label("Name", exact=True)).to_have_value("Erika Mustermann")
    expect(citizen.page.locator(".wf-shadow")).to_have_attribute("lang", "en")


def test_the_element_chooses_the_language_and_writes_its_way(guest):
    citizen = guest(element(lang="en"))
    citizen.page.goto(citizen.start)
    citizen.heading("What do you need an appointment for?")
    expect(citizen.page.locator(".wf-shadow")).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize(
    ("head", "scheme", "theme"),
    [("", "dark", "light"), (DARK, "dark", "dark"), (DARK, "light", "light")],
    ids=["a light page stays light", "a page that can be dark", "a reader who prefers light"],
)
def test_it_is_dark_only_where_the_homepage_is(guest, head, scheme, theme):
    citizen = guest(page={"styles": PLAIN, "head": head}, color_scheme=scheme)
    citizen.begin()
    expect(citizen.page.locator(".wf-shadow")).to_have_attribute("data-theme", theme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_colour_a_homepage_gives_can_be_read(guest, scheme):
    citizen = guest(page={"styles": PLAIN, "head": DARK}, color_scheme=scheme)
    citizen.choose()
    button = citizen.page.locator(".kern-btn--primary").last
    for colour in ("#ffff00", "#00ff00", "#0000ff", "#ff0000", "#00ffff", "#ffffff", "#000000", "#808080", "#e6007e"):
        citizen.within.evaluate("(it, colour) => it.style.setProperty('--wartefrei-colour', colour)", colour)
        ratios = button.evaluate(CONTRAST)
        assert min(ratios) >= 4.5, (colour, ratios)


def test_its_size_font_and_corners_follow_the_documented_properties(guest):
    styles = "wartefrei-booking { --wartefrei-size: 1.5; --wartefrei-font: Georgia, serif; --wartefrei-radius: 0px }"
    plain, styled = guest(), guest(page={"styles": PLAIN + styles})
    for citizen in (plain, styled):
        citizen.begin()

    def look(citizen: Guest) -> list[str]:
        asked = "it => ['fontSize', 'fontFamily', 'borderRadius'].map(name => getComputedStyle(it)[name])"
        return citizen.page.locator(".wf-tile").first.evaluate(asked)

    assert look(plain)[0] == "18px"
    assert look(styled) == ["27px", "Georgia, serif", "0px"]


VIEWS = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}


@pytest.mark.parametrize(
    ("view", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "dark"), ("narrow", "light")]
)
def test_every_step_fits_its_place(guest, view, scheme):
    """The pictures are kept to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def look(step: str) -> None:
        wide = citizen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{step} is {wide} px too wide"
        citizen.page.screenshot(path=PICTURES / f"widget-{step}-{view}-{scheme}.png", full_page=True)

    citizen = guest(look=look, page={"styles": PLAIN, "head": DARK}, viewport=VIEWS[view], color_scheme=scheme)
    citizen.reach_times()
    citizen.hold()
    citizen.confirm()


def test_every_step_is_accessible_inside_a_homepage_and_valid(guest, tmp_path):
    citizen = guest(page={"styles": PLAIN, "head": DARK})
    examined = Examined(citizen.page)
    citizen.look = examined.look
    citizen.choose()
    citizen.go_on()
    citizen.press("Weiter zu den freien Zeiten")
    citizen.has_focus(citizen.page.locator(".kern-alert--danger"))
    examined.look("contact with faults")
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    assert "\n".join(examined.found) == ""
    assert examined.invalid(tmp_path) == []
