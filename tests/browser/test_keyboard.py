"""The keyboard alone where nothing but real key presses can tell, and the countdown that nobody has to watch."""

import pytest
from playwright.sync_api import expect

HERE = "document.activeElement"
FOCUS = f"({HERE}.matches(':focus-visible') && getComputedStyle({HERE}).outlineStyle !== 'none')"
LISTEN = """() => {
  window.heard = [];
  const told = document.querySelector(".wf-countdown ~ [role=status]");
  new MutationObserver(() => heard.push(told.textContent)).observe(told, { childList: true });
  return told.textContent;
}"""
PAINT = """element => {
  const canvas = document.createElement("canvas").getContext("2d"); // reads every way in which a colour is written
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  canvas.fillStyle = isDark ? "black" : "white";
  canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = getComputedStyle(element).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
MINUTE = 60_000


def reach(page, selector):
    """Press Tab until the focus is on a control; see the focus at every stop on the way there."""
    for _ in range(90):
        page.keyboard.press("Tab")
        assert page.evaluate(f"{HERE} === document.body || {FOCUS}"), page.evaluate(f"{HERE}.outerHTML")
        if page.evaluate("([here, selector]) => here.matches(selector)", [page.evaluate_handle(HERE), selector]):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def press(page, key="Enter"):
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_first_stop_leads_past_the_header(wander):
    """WCAG 2.4.1."""
    citizen = wander()
    citizen.open("schwarmstedt/")
    reach(citizen.page, ".wf-skip")
    citizen.page.keyboard.press("Enter")
    expect(citizen.page.locator("main")).to_be_focused()
    reach(citizen.page, "main #q")


def test_the_keyboard_alone_changes_language_and_corrects_the_address(wander):
    citizen = wander()
    page = citizen.page
    citizen.book()
    reach(page, ".wf-language[lang=en]")
    press(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    reach(page, "summary")
    page.keyboard.press("Space")
    reach(page, "#correct-email")
    page.keyboard.press("Control+A")
    page.keyboard.type(f"neu.{citizen.address}")
    page.keyboard.press("Tab")
    press(page)
    expect(page.locator("#said [role=status]")).to_be_visible()
    expect(page.locator("#said")).to_be_focused()


def test_the_keyboard_alone_cancels_and_takes_it_back(wander):
    citizen = wander()
    page = citizen.page
    citizen.book()
    citizen.confirm()
    reach(page, "a[href*='/cancel']")
    press(page)
    reach(page, "form[action*='/cancel'] button")
    press(page)
    reach(page, ".wf-undo button")
    press(page)
    expect(page.locator("#said [role=status]")).to_be_visible()


def test_the_countdown_is_silent_but_for_five_minutes_and_one(wander):
    """WCAG 2.2.1 and 4.1.3: on the page; the widget's own test shows it inside a homepage."""
    citizen = wander()
    citizen.page.clock.install()
    citizen.book()
    assert citizen.page.evaluate(LISTEN) == ""
    heard = {}
    for minute in range(1, 32):
        citizen.page.clock.run_for(MINUTE)
        heard[minute] = citizen.page.evaluate("heard.splice(0).length")
    assert [minute for minute, count in heard.items() if count] == [25, 29, 30]
    assert set(heard.values()) == {0, 1}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_day_is_told_by_more_than_a_hue(wander, scheme):
    """WCAG 1.4.1 and 1.4.11: light against dark, three to one, so that it shows without any colour."""
    citizen = wander(color_scheme=scheme)
    citizen.choose()
    citizen.go_on()
    citizen.type_in()
    citizen.choose_day()
    citizen.page.mouse.move(0, 0)
    chosen = citizen.page.locator(".wf-day--chosen").evaluate(PAINT)
    other = citizen.page.locator(".wf-day:not(.wf-day--chosen)").first.evaluate(PAINT)
    lighter, darker = sorted((luminance(chosen), luminance(other)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def luminance(colour):
    """Return the relative luminance of red, green and blue from 0 to 255 (WCAG 2.2)."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_step_has_a_title_of_its_own(wander):
    """WCAG 2.4.2."""
    citizen, titles = wander(), []
    citizen.open("schwarmstedt/")
    titles.append(citizen.page.title())
    citizen.choose()
    titles.append(citizen.page.title())
    citizen.go_on()
    titles.append(citizen.page.title())
    citizen.type_in()
    titles.append(citizen.page.title())
    citizen.hold()
    titles.append(citizen.page.title())
    citizen.confirm()
    titles.append(citizen.page.title())
    assert len(set(titles)) == len(titles), titles
