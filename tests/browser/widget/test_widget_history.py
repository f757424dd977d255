"""Back, Forward, Reload and links of the homepage: nothing is lost, nothing happens twice."""

import json

from playwright.sync_api import expect

from tests.browser.embedding import element


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
    told = page.locator(".wf-fragment").get_by_role("status")
    expect(told).to_contain_text("Die Seite wurde neu geladen")
    expect(told).to_be_in_viewport(ratio=1)
    citizen.type_in()
    citizen.hold()
    page.go_back()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_forward()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]
    page.reload()
    citizen.heading("Wer kommt zum Termin?")
    expect(told).to_contain_text("in Ihrer E-Mail")
    assert town.appointments(address) == ["pending"]


def test_back_and_reload_after_booking_change_nothing(guest, town, address):
    citizen = guest()
    citizen.reach_times()
    citizen.hold()
    citizen.page.get_by_label("Code aus der E-Mail").fill("000000")
    citizen.press("Termin bestätigen")
    citizen.has_focus(citizen.page.get_by_role("alert").first)
    citizen.confirm()
    for _ in ("wrong code", "pending", "another day", "times"):
        citizen.page.go_back()
        citizen.heading("Ihr Termin ist gebucht")
        expect(citizen.page.get_by_label("Code aus der E-Mail")).to_have_count(0)
    citizen.page.go_back()
    citizen.heading("Wer kommt zum Termin?")
    citizen.page.go_forward()
    citizen.heading("Ihr Termin ist gebucht")
    citizen.page.reload()
    citizen.heading("Wer kommt zum Termin?")
    assert town.appointments(address) == ["confirmed"]


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
