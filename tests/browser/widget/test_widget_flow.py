"""Booking inside somebody else's page: another origin, a strict policy, styles that mean no good."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.embedding import HOSTILE

KEPT = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await navigator.serviceWorker?.getRegistrations() ?? []).length]"""
ACTIVE = """() => { let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active }"""
LOOKS = ("color", "display", "fontFamily", "fontSize", "letterSpacing", "lineHeight", "textAlign", "transform")


def styles_of(where: Locator) -> dict[str, str]:
    return where.evaluate("(it, names) => names.map(name => getComputedStyle(it)[name])", LOOKS)


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
    fonts = "async () => [...await document.fonts.ready].filter(it => it.status === 'loaded').length"
    assert citizen.page.evaluate(fonts) == 2


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


def test_without_scripts_the_plain_link_stands_there(guest):
    citizen = guest(java_script_enabled=False)
    citizen.page.goto(citizen.start)
    expect(citizen.page.get_by_role("link", name="Termin buchen")).to_be_visible()


def test_a_site_that_is_not_listed_is_told_why(guest, town, homepage):
    citizen = guest()
    citizen.page.goto(citizen.start.replace(homepage.origin, homepage.foreign_origin))
    citizen.heading("Hier kann die Terminbuchung nicht gezeigt werden")
    link = citizen.page.get_by_role("link", name="Terminbuchung in einem neuen Tab öffnen")
    assert link.get_attribute("href") == f"{town.url}/schwarmstedt/"
    assert link.get_attribute("target") == "_blank"
    whole = link.evaluate("""it => { const words = document.createRange(), { left, right } = it.getBoundingClientRect();
      it.insertAdjacentHTML("beforeend", '<span class="kern-sr-only">, unseen</span>');
      words.selectNodeContents(it.querySelector(".kern-label").firstChild);
      return [...words.getClientRects()].every(line => line.left >= left && line.right <= right) }""")
    assert whole, "the button is narrower than its words"
    expect(citizen.page.get_by_role("link", name="05071 809-99")).to_be_visible()


def test_links_out_of_the_flow_open_a_tab_and_say_so_and_numbers_are_called(guest, town):
    citizen = guest()
    citizen.choose()
    inside = re.compile(rf"#|tel:|{town.url}/schwarmstedt/(checklist|contact|link)?([?#]|$)")
    links = "links => links.map(it => [it.getAttribute('href'), it.target, it.textContent])"
    seen = set()
    for address, target, words in citizen.page.locator(".wf-fragment a[href]").evaluate_all(links):
        stays = bool(inside.match(address))
        assert target == ("" if stays else "_blank"), address
        assert words.count("öffnet in einem neuen Tab") == (0 if stays else 1), address
        seen.add(stays)
    assert seen == {True, False}


def test_a_link_within_a_step_moves_there(guest):
    citizen = guest(viewport={"width": 390, "height": 844})
    citizen.choose()
    citizen.page.locator('.wf-fragment a[href="#call-us"]').first.click()
    citizen.has_focus(citizen.page.locator("#call-us"))
    expect(citizen.page.locator("#call-us")).to_be_in_viewport()


def test_the_lost_link_can_be_asked_for_inside(guest):
    citizen = guest()
    citizen.begin()
    citizen.page.get_by_role("link", name="Link zum Termin verloren?").click()
    citizen.heading("Link zum Termin verloren?")


def test_who_confirmed_by_code_keeps_the_calendar_file_and_stays_where_they_are(guest, town):
    citizen = guest()
    citizen.reach_times()
    citizen.hold()
    citizen.confirm()
    with citizen.page.expect_download() as file:
        citizen.press("In den Kalender eintragen")
    assert re.fullmatch(r"termin-\w+\.ics", file.value.suggested_filename)
    entry = Path(file.value.path()).read_text()
    assert "BEGIN:VEVENT" in entry
    assert "/t/" not in entry
    citizen.heading("Ihr Termin ist gebucht")
