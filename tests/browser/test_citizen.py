"""The whole way of a citizen in a real browser: from the list of concerns to the entry in their calendar."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import pictures

VIEWS = {
    "desk": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}
FOCUS = """() => { const style = getComputedStyle(document.activeElement), after = getComputedStyle(
    document.activeElement.closest('.wf-tile') || document.activeElement);
  return style.outlineStyle !== 'none' || style.boxShadow !== 'none' || after.outlineStyle !== 'none' }"""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_whole_way_ends_with_the_entry_in_the_calendar(walk, town, address, script):
    citizen = walk(java_script_enabled=script)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    start = citizen.hold()
    citizen.confirm()
    assert citizen.entry().start.isoformat() == start
    assert town.appointments(address) == ["confirmed"]


def test_the_countdown_runs_where_scripts_do(walk):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    expect(citizen.page.get_by_text("Noch 30 Minuten")).to_be_visible()


def test_the_code_of_the_letter_books_too(walk, town, address):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    text = town.letter(address, "bestätigen").get_body(("plain",)).get_content()
    code = re.search(r"\b\d{3} ?\d{3}\b", text)[0]
    citizen.page.get_by_label("Code aus der E-Mail").fill(code)
    citizen.press("Termin bestätigen")
    citizen.heading("Ihr Termin ist gebucht")
    assert town.appointments(address) == ["confirmed"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_back_and_reload_at_every_step_book_nothing_twice(walk, town, address, script):
    citizen = walk(java_script_enabled=script)
    page = citizen.page
    citizen.choose()
    page.reload()
    page.go_back()
    citizen.heading("Wofür brauchen Sie einen Termin?")
    page.go_forward()
    citizen.go_on()
    page.reload()
    citizen.type_in()
    page.reload()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_back()
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value(address)
    page.go_forward()
    citizen.hold()
    page.reload()
    citizen.heading("noch nicht gebucht")
    page.go_back()
    citizen.heading("Wann möchten Sie kommen?")
    page.go_forward()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]
    citizen.confirm()
    page.reload()
    page.go_back()
    assert town.appointments(address) == ["confirmed"]


def test_a_double_click_books_once(walk, town, address):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.times().first.dblclick()
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]


def test_going_back_for_another_time_asks_first(walk, town, address):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.page.go_back()
    citizen.times().nth(1).click()
    citizen.heading("Sie haben schon eine Zeit vorgemerkt")
    assert town.appointments(address) == ["pending"]
    citizen.press("Diese Zeit vormerken")
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending", "pending"]


def test_moving_and_cancelling_need_one_decision_each(walk, town, address):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    citizen.page.get_by_role("link", name="Termin verlegen").click()
    citizen.press("Spätere Tage")
    citizen.times().last.click()
    expect(citizen.page.get_by_text("Ihr Termin ist verlegt")).to_be_visible()
    citizen.page.get_by_role("link", name="Termin absagen").click()
    citizen.heading("Möchten Sie den Termin wirklich absagen?")
    citizen.press("Termin absagen")
    citizen.heading("Ihr Termin ist abgesagt")
    assert town.appointments(address) == ["cancelled"]


def test_the_keyboard_alone_goes_the_whole_way_and_sees_where_it_is(walk, town, address):
    citizen = walk()
    page = citizen.page
    page.goto(town.url)

    def reach(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if name in page.evaluate("document.activeElement.innerText || document.activeElement.id"):
                assert page.evaluate(FOCUS), f"no visible focus on {name}"
                return
        pytest.fail(f"the keyboard does not reach {name}")

    def go(name: str) -> None:
        reach(name)
        page.keyboard.press("Enter")

    go("Personalausweis beantragen")
    citizen.heading("Das bringen Sie mit")
    go("Weiter zu Ihren Angaben")
    citizen.heading("Wer kommt zum Termin?")
    reach("name")
    page.keyboard.type("Erika Mustermann")
    reach("email")
    page.keyboard.type(address)
    go("Weiter zu den freien Zeiten")
    citizen.heading("Wann möchten Sie kommen?")
    go("Uhr")
    citizen.heading("noch nicht gebucht")
    page.goto(citizen.link())
    go("Termin bestätigen")
    expect(page.get_by_text("Ihr Termin ist gebucht")).to_be_visible()


@pytest.mark.parametrize(("view", "is_beside"), [("desk", True), ("phone", False)])
def test_the_short_facts_stand_beside_the_checklist_or_not_at_all(walk, view, is_beside):
    citizen = walk(viewport=VIEWS[view])
    citizen.choose()
    expect(citizen.page.get_by_role("heading", name="Kurz gesagt")).to_be_visible(visible=is_beside)


def test_the_summary_of_errors_leads_to_the_field(walk):
    citizen = walk()
    citizen.choose()
    citizen.go_on()
    citizen.press("Weiter zu den freien Zeiten")
    citizen.page.get_by_role("link", name="E-Mail-Adresse:").click()
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_be_focused()


def test_another_language_on_the_way_keeps_what_was_typed(walk):
    citizen = walk(java_script_enabled=False)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.press("English")
    citizen.heading("When would you like to come?")
    citizen.times().first.click()
    citizen.heading("not booked yet")
    expect(citizen.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(
    ("view", "scheme"), [("desk", "light"), ("desk", "dark"), ("phone", "dark"), ("narrow", "light")]
)
def test_every_step_fits_the_screen(walk, view, scheme):
    """Reflow at 320 px (WCAG 1.4.10); `make pictures` keeps them to be looked at."""

    def look(step: str) -> None:
        citizen.page.wait_for_load_state()  # before its style sheets are there, everything is too wide
        wide = citizen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{step} is {wide} px too wide"
        pictures.take(citizen.page, f"{step}-{view}-{scheme}", whole=True)

    citizen = walk(look, viewport=VIEWS[view], color_scheme=scheme)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.hold()
    citizen.confirm()
    citizen.page.get_by_role("link", name="Termin verlegen").click()
    citizen.heading("Welche Zeit passt Ihnen besser?")
    look("8-move")
