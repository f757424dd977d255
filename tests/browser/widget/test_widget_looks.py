"""How the widget looks in its place: language, light and dark, colours, sizes; and that everybody can use it."""

import pytest
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.axe import Examined
from tests.browser.embedding import DARK, PLAIN, element
from tests.browser.guests import Guest

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


def test_another_language_keeps_what_was_typed(guest):
    citizen = guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
    citizen.press("English")
    citizen.heading("Who")
    expect(citizen.page.get_by_label("Name", exact=True)).to_have_value("Erika Mustermann")
    expect(citizen.page.locator(".wf-shadow")).to_have_attribute("lang", "en")


def test_a_language_back_from_arabic_has_its_own_typeface_again(guest):
    citizen = guest(viewport=VIEWS["desk"])
    citizen.begin()
    page = citizen.page
    wide = """async () => { await document.fonts.ready; const range = document.createRange();
      range.selectNodeContents(document.querySelector("wartefrei-booking").shadowRoot.querySelector("#heading"));
      return range.getBoundingClientRect().width }"""
    before = page.evaluate(wide)
    page.locator(".wf-language[lang=ar]").click()
    expect(page.locator(".wf-shadow")).to_have_attribute("dir", "rtl")
    page.evaluate(wide)
    page.locator(".wf-language[lang=de]").click()
    citizen.heading("Wofür brauchen Sie einen Termin?")
    page.wait_for_function("[...document.fonts].every(it => it.status !== 'loading')")
    assert page.evaluate(wide) == pytest.approx(before, abs=0.5)


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
    """`make pictures` keeps them to be looked at."""

    def look(step: str) -> None:
        wide = citizen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{step} is {wide} px too wide"
        pictures.take(citizen.page, f"widget-{step}-{view}-{scheme}", whole=True)

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
