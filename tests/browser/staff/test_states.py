"""Every state of the staff's pages: nothing for axe to find in any look, valid HTML, nothing lost in narrow windows."""

import pytest

from tests.browser import layouts, pictures
from tests.browser.axe import Examined
from tests.browser.staff.states import JOURNEYS

DESK = {"width": 1920, "height": 1080}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_is_accessible_and_valid(counter, visit, tmp_path, journey):
    page = visit(viewport=DESK)
    examined = Examined(page)
    for state in JOURNEYS[journey](counter, page):
        pictures.take(page, f"staff/{journey}-{state.replace(' ', '-')}")
        examined.look(state)
    assert "\n".join(examined.found) == ""
    assert examined.invalid(tmp_path) == []


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_keeps_its_words_in_any_window_and_text_size(counter, visit, journey):
    """WCAG 1.4.4, 1.4.10, 1.4.12, 2.5.8."""
    page = visit(viewport=layouts.NARROW)
    found = []
    for state in JOURNEYS[journey](counter, page):
        pictures.take(page, f"staff/{journey}-{state.replace(' ', '-')}-narrow", whole=True)
        found += [f"{state}, {fault}" for fault in layouts.faults(page)]
    assert "\n".join(found) == ""
