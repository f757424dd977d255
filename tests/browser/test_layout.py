"""Every state in a narrow window, with larger or wider text: nothing lost, nothing to be scrolled sideways."""

import pytest

from booking.rules.languages import LANGUAGES
from tests.browser import layouts, pictures
from tests.browser.journeys import JOURNEYS, mistyping

FAULTS = """
.wide { width: 400px } .low { height: 1.2em; overflow: hidden; line-height: 1.2 } .up { margin-top: -2.2em }
.pixels { font-size: 14px } .small { padding: 0; border: 0; width: 10px; height: 10px; font-size: 6px }
.line { height: 1.1rem; line-height: 1.1rem; font-size: 1rem; overflow: hidden }"""


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_keeps_its_words_in_any_window_and_text_size(wander, journey):
    """WCAG 1.4.4, 1.4.10, 1.4.12, 2.5.8."""
    citizen = wander(viewport=layouts.NARROW)
    found = [f"{state}, {fault}" for state in JOURNEYS[journey](citizen) for fault in layouts.faults(citizen.page)]
    assert "\n".join(found) == ""


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("<p class='wide'>wide</p>", "320 px: the page is"),
        ("<p class='low'>one<br>two</p>", "text is cut in p.low"),
        ("<div class='stack'><p>one</p><p class='up'>two</p></div>", "overlap"),
        ("<p class='pixels'>sized in pixels</p>", "text does not grow in p.pixels"),
        ("<button class='small'>x</button>", "is below 24 px"),
        ("<p class='line'>set close</p>", "text spacing: text is cut in p.line"),
    ],
)
def test_a_layout_that_loses_something_is_found_out(open_page, fault, words):
    page = open_page(viewport=layouts.NARROW)
    page.set_content(f"<html lang=en><head><style>{FAULTS}</style></head><body><main>{fault}</main></body></html>")
    assert any(words in found for found in layouts.faults(page)), list(layouts.faults(page))


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"de"}))
def test_every_language_keeps_its_words_in_any_window_and_text_size(wander, language):
    citizen = wander(language, viewport=layouts.NARROW)
    found = []
    for state in mistyping(citizen):
        if state in {"contact with faults", "times", "a wrong code"}:
            found += [f"{state}, {fault}" for fault in layouts.faults(citizen.page)]
            pictures.take(citizen.page, f"{state.replace(' ', '-')}-{language}-narrow", whole=True)
    assert "\n".join(found) == ""
