"""One appointment in a real browser: found by its QR code, given to another clerk, moved, cancelled, corrected."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from booking.rules.secrets import speakable
from tests.browser.axe import Examined
from tests.browser.staff.counter import Counter


def test_a_clerk_changes_an_appointment_and_takes_it_back(
    visit: Callable[..., Page], counter: Counter, tmp_path: Path
) -> None:
    desk = counter.office(clerks=2)
    reference = counter.appointment(desk, "23:00", quantity=2, phone="05071 809-11")
    counter.appointment(desk, "23:30", name="Bernd Mustermann", email="b@example.org")
    page = visit(viewport={"width": 1280, "height": 900})
    examined = Examined(page)
    counter.log_in(page, "desk", desk)
    base = f"{counter.url}/staff/{desk.place}"

    page.goto(f"{base}/find")
    expect(page.get_by_label("Name, Terminnummer")).to_be_focused()
    page.keyboard.type("muster")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 Treffer")).to_be_visible()
    examined.look("finds")
    page.get_by_label("Name, Terminnummer").fill(reference)  # what a hand scanner types for the QR code
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(speakable(reference))
    for more in page.locator("details").all():
        more.evaluate("one => one.open = true")
    examined.look("appointment")

    page.get_by_role("link", name="Verlegen").click()
    expect(page.get_by_role("heading", name="Anderer Platz, gleiche Zeit")).to_be_visible()
    examined.look("menu")
    page.get_by_role("button", name="Platz 2").click()
    page.wait_for_load_state()  # what is not there yet when one goes on cannot be examined
    page.goto(f"{base}/appointments/{reference}")
    expect(page.get_by_text("Platz 2")).to_be_visible()

    page.get_by_role("link", name="Verlegen").click()
    page.get_by_label("Platz", exact=True).first.focus()
    for key in ("P", "Tab", "Enter"):  # the first Platz, and its times
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Andere Zeit bei Platz 1")).to_be_visible()
    page.locator("section", has_text="Andere Zeit").get_by_role("button").last.click()
    told = page.get_by_role("status").filter(has_text="ist verlegt")
    expect(told).to_be_visible()
    examined.look("moved")
    told.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_role("status").filter(has_text="steht wieder wie zuvor")).to_be_visible()

    page.goto(f"{base}/appointments/{reference}/cancel?back=/staff/{desk.place}/find")
    examined.look("cancel")
    page.get_by_label("Das Amt").check()
    page.get_by_role("button", name="Termin absagen").click()
    told = page.get_by_role("status").filter(has_text="ist abgesagt")
    told.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_role("status").filter(has_text="steht wieder wie zuvor")).to_be_visible()
    assert counter.status(reference) == "confirmed"
    assert examined.found == []
    assert examined.invalid(tmp_path) == []


def test_without_a_script_a_name_is_corrected_and_a_note_is_not_lost(
    visit: Callable[..., Page], counter: Counter, tmp_path: Path
) -> None:
    desk = counter.office(clerks=1)
    reference = counter.appointment(desk, "23:00")
    page, other = visit(java_script_enabled=False, viewport={"width": 320, "height": 700}), visit()
    address = f"{counter.url}/staff/{desk.place}/appointments/{reference}"
    for each in (page, other):
        counter.log_in(each, "manager", desk)
        each.goto(address)

    page.locator("summary", has_text="Name").click()
    page.get_by_label("Name der Person, die kommt").fill("Erika Musterfrau")
    page.get_by_role("button", name="Name speichern").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Erika Musterfrau")
    expect(page.get_by_text("Name 1-mal berichtigt")).to_be_visible()

    page.get_by_role("textbox", name="Notiz").fill("Kommt mit Rollstuhl")
    page.get_by_role("button", name="Notiz speichern").click()
    expect(page.get_by_role("status")).to_contain_text("Die Notiz ist gespeichert.")

    examined = Examined(other)
    other.get_by_role("textbox", name="Notiz").fill("Bringt den Hund mit")
    other.get_by_role("button", name="Notiz speichern").click()
    expect(other.get_by_role("alert")).to_contain_text("Jemand anders hat die Notiz inzwischen geändert")
    expect(other.get_by_text("Kommt mit Rollstuhl")).to_be_visible()
    expect(other.get_by_role("textbox", name="Notiz")).to_have_value("Bringt den Hund mit")
    examined.look("two notes")
    other.get_by_role("button", name="Notiz speichern").click()
    expect(other.get_by_role("status")).to_contain_text("Die Notiz ist gespeichert.")
    assert examined.found == []
    assert examined.invalid(tmp_path) == []


def test_a_phone_login_finds_by_keyboard_alone(visit: Callable[..., Page], counter: Counter, tmp_path: Path) -> None:
    desk = counter.office(clerks=1)
    counter.appointment(desk, "23:00", name="Özlem Weiß", phone="+49 5071 80977")
    page = visit(viewport={"width": 390, "height": 844})
    examined = Examined(page)
    counter.log_in(page, "phone")
    page.goto(f"{counter.url}/staff/find")
    examined.look("find")
    page.get_by_label("Name", exact=True).press_sequentially("oezlem weiss")
    page.keyboard.press("Tab")
    page.keyboard.type("05071 809-77")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/staff/found/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Özlem Weiß")
    examined.look("found")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert examined.found == []
    assert examined.invalid(tmp_path) == []
