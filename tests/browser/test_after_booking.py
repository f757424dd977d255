"""From "not booked yet" on, in a real browser: more time, by code, by link, moved, cancelled, undone, printed."""

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pictures

PAPER = {"width": 794, "height": 1123}  # A4 at 96 dots per inch
PHONE = {"width": 390, "height": 844}
both = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def picture(page: Page, name: str) -> None:
    pictures.take(page, name, whole=True)


@pytest.fixture
def held(walk):
    """Return what brings a citizen to "not booked yet"."""

    def walked(**options):
        citizen = walk(**options)
        citizen.choose()
        citizen.go_on()
        citizen.type_in()
        citizen.hold()
        return citizen

    return walked


@pytest.fixture
def firm(held):
    """Return what brings a citizen to a confirmed appointment, by link."""

    def walked(**options):
        citizen = held(**options)
        citizen.confirm()
        return citizen

    return walked


def code_of(town, address: str) -> str:
    text = town.letter(address, "bestätigen").get_body(("plain",)).get_content()
    found = re.search(r"\b\d{3} ?\d{3}\b", text)
    assert found
    return found[0]


def titled(page: Page, words: str) -> None:
    expect(page).to_have_title(re.compile(words))


@both
def test_more_time_is_given_once_and_the_focus_is_on_the_answer(held, script):
    citizen = held(java_script_enabled=script)
    page = citizen.page
    picture(page, "pending-desk")
    citizen.press("Ich brauche mehr Zeit")
    expect(page.locator("#said")).to_be_focused()
    expect(page.locator("#said").get_by_role("status")).to_contain_text("Sie haben jetzt mehr Zeit")
    expect(page.get_by_role("button", name="Ich brauche mehr Zeit")).to_have_count(0)
    picture(page, "pending-more-time")


def test_a_wrong_code_is_said_above_and_beside_the_field(held):
    citizen = held(java_script_enabled=False, viewport=PHONE)
    page = citizen.page
    page.get_by_label("Code aus der E-Mail").fill("000000")
    citizen.press("Termin bestätigen")
    expect(page.locator("#said")).to_be_focused()
    titled(page, "^Fehler:")
    page.locator("#said").get_by_role("link").click()
    expect(page.get_by_label("Code aus der E-Mail")).to_be_focused()
    expect(page.locator("#code-error")).to_be_visible()
    picture(page, "pending-wrong-code-phone")


def test_who_jumps_to_a_message_sees_the_heading_above_it_and_the_icon_beside_its_first_line(held):
    citizen = held(viewport=PHONE)
    page = citizen.page
    page.get_by_label("Code aus der E-Mail").fill("000000")
    citizen.press("Termin bestätigen")
    expect(page.locator("#said")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    away = page.locator("#code-error").evaluate("""async error => {
      await document.fonts.ready;
      const words = document.createRange(), middle = ({ top, bottom }) => (top + bottom) / 2;
      words.selectNodeContents(error.querySelector(".kern-body"));
      return middle(error.querySelector("svg").getBoundingClientRect()) - middle(words.getClientRects()[0]) }""")
    assert abs(away) <= 1, f"the icon is {away} px off"


def test_a_corrected_address_is_announced(held, town, address):
    citizen = held()
    citizen.page.get_by_text("Adresse falsch? Hier berichtigen").click()
    citizen.page.get_by_label("E-Mail-Adresse").fill(f"neu-{address}")
    citizen.press("An diese Adresse senden")
    expect(citizen.page.locator("#said").get_by_role("status")).to_contain_text("neue Adresse")
    expect(citizen.page.locator("#said")).to_be_focused()


@both
def test_the_code_shows_a_page_as_good_as_the_link_s(held, town, address, script):
    citizen = held(java_script_enabled=script)
    page = citizen.page
    page.get_by_label("Code aus der E-Mail").fill(code_of(town, address))
    citizen.press("Termin bestätigen")
    citizen.heading("Ihr Termin ist gebucht")
    titled(page, "Ihr Termin ist gebucht")
    expect(page.get_by_role("img", name="QR-Code")).to_be_visible()
    expect(page.get_by_text("Digitales biometrisches Lichtbild")).to_be_visible()
    expect(page.get_by_role("heading", name="Fragen? Rufen Sie an")).to_be_visible()
    picture(page, "booked-by-code-desk")
    with page.expect_download() as file:
        citizen.press("In den Kalender eintragen")
    entry = Path(file.value.path()).read_text()
    assert "BEGIN:VEVENT" in entry
    assert "/t/" not in entry
    citizen.press("Checkliste zum Ausdrucken")
    citizen.heading("Checkliste für Ihren Termin")
    citizen.press("Zurück zum Termin")
    citizen.heading("Ihr Termin ist gebucht")


def test_back_after_the_code_never_says_that_it_is_not_booked(held, town, address):
    citizen = held()
    page = citizen.page
    page.get_by_label("Code aus der E-Mail").fill("000000")
    citizen.press("Termin bestätigen")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Code aus der E-Mail").fill(code_of(town, address))
    citizen.press("Termin bestätigen")
    citizen.heading("Ihr Termin ist gebucht")
    for _ in ("wrong code", "pending"):
        page.go_back()
        citizen.heading("Ihr Termin ist gebucht")
        titled(page, "^Ihr Termin ist gebucht")
        expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("img", name="QR-Code")).to_be_visible()


def test_back_to_what_is_still_pending_keeps_what_was_typed(held):
    citizen = held()
    page = citizen.page
    page.get_by_label("Code aus der E-Mail").fill("123")
    page.get_by_role("link", name="Impressum").click()
    citizen.heading("Impressum")
    with page.expect_response("**/pending*"):
        page.go_back()
    citizen.heading("noch nicht gebucht")
    expect(page.get_by_label("Code aus der E-Mail")).to_have_value("123")


def test_the_offer_to_undo_goes_when_its_minute_is_over(firm):
    citizen = firm()
    page = citizen.page
    page.clock.install()
    page.get_by_role("link", name="Termin absagen").click()
    citizen.press("Termin absagen")
    citizen.heading("Ihr Termin ist abgesagt")
    expect(page.get_by_role("button", name="Rückgängig machen")).to_be_visible()
    page.wait_for_load_state()  # the minute is counted by a script
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("button", name="Rückgängig machen")).to_have_count(0)


@both
def test_a_move_can_be_undone(firm, town, address, script):
    citizen = firm(java_script_enabled=script)
    page = citizen.page
    before = page.locator(".wf-facts strong").first.inner_text()
    page.get_by_role("link", name="Termin verlegen").click()
    citizen.press("Spätere Tage")
    citizen.times().last.click()
    citizen.heading("Ihr Termin ist verlegt")
    titled(page, "Ihr Termin ist verlegt")
    expect(page.locator("#said")).to_be_focused()
    assert page.locator(".wf-facts strong").first.inner_text() != before
    picture(page, "moved-with-undo-desk")
    citizen.press("Rückgängig machen")
    expect(page.get_by_text("Es bleibt bei diesem Termin")).to_be_visible()
    expect(page.locator(".wf-facts strong").first).to_have_text(before)
    assert town.appointments(address) == ["confirmed"]


@both
def test_a_cancellation_can_be_undone_and_back_and_reload_tell_the_truth(firm, town, address, script):
    citizen = firm(java_script_enabled=script, viewport=PHONE)
    page = citizen.page
    page.get_by_role("link", name="Termin absagen").click()
    picture(page, "cancel-phone")
    citizen.press("Termin absagen")
    citizen.heading("Ihr Termin ist abgesagt")
    titled(page, "Ihr Termin ist abgesagt")
    picture(page, "cancelled-with-undo-phone")
    page.go_back()
    page.go_back()
    citizen.heading("Ihr Termin ist abgesagt")
    expect(page.get_by_role("link", name="Termin verlegen")).to_have_count(0)
    page.go_forward()
    page.go_forward()
    page.reload()
    assert town.appointments(address) == ["cancelled"]
    citizen.press("Rückgängig machen")
    citizen.heading("Ihr Termin ist gebucht")
    page.go_back()
    citizen.heading("Ihr Termin ist gebucht")
    assert town.appointments(address) == ["confirmed"]


def test_the_print_is_for_paper(firm, tmp_path):
    citizen = firm(color_scheme="dark")
    page = citizen.page
    picture(page, "booked-by-link-dark")
    page.get_by_role("link", name="Checkliste zum Ausdrucken").click()
    citizen.heading("Checkliste für Ihren Termin")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".wf-header", ".wf-aside", ".wf-footer", ".wf-actions"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_role("img", name="QR-Code")).to_be_visible()
    style = "one => [getComputedStyle(one).color, getComputedStyle(document.body).backgroundColor]"
    assert page.locator(".wf-checklist__name").first.evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.set_viewport_size(PAPER)
    picture(page, "checklist-print")
    printed = page.pdf(path=pictures.FOLDER / "checklist.pdf", format="A4", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")


def test_who_is_late_reads_what_can_still_be_done(held, town, address):
    citizen = held(java_script_enabled=False, viewport=PHONE)
    with contextlib.closing(sqlite3.connect(town.database)) as database, database:
        database.execute("UPDATE appointment SET confirm_by = created_at WHERE email = ?", [address])
    citizen.press("E-Mail noch einmal senden")
    citizen.heading("Die Zeit zum Bestätigen ist abgelaufen")
    expect(citizen.page.get_by_label("Code aus der E-Mail")).to_have_count(0)
    expect(citizen.page.get_by_role("link", name="Neuen Termin buchen")).to_be_visible()
    picture(citizen.page, "pending-late-phone")


def test_the_way_there_opens_beside_the_page_and_says_so(firm):
    link = firm().page.get_by_role("link", name="öffnet einen neuen Tab")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("href", re.compile(r"^https://www\.openstreetmap\.org/search\?query=Am"))


def test_a_lost_link_needs_the_address_only(firm, town, address):
    citizen = firm(java_script_enabled=False)
    page = citizen.page
    page.get_by_role("link", name="Link zum Termin verloren?").click()
    page.get_by_label("E-Mail-Adresse").fill(address)
    citizen.press("Link schicken")
    citizen.heading("Sehen Sie in Ihr Postfach")
    text = town.letter(address, "Ihr Link").get_body(("plain",)).get_content()
    page.goto(re.findall(rf"{re.escape(town.url)}/t/\S+", text)[0])
    citizen.heading("Ihr Termin ist gebucht")
