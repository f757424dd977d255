"""Every page in every state: nothing for axe to find in light, dark and forced colours, and valid HTML."""

import pytest

from tests.browser.axe import Examined
from tests.browser.journeys import JOURNEYS


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_is_accessible_and_valid(walk, tmp_path, journey):
    citizen = walk()
    examined = Examined(citizen.page)
    states = []
    for state in JOURNEYS[journey](citizen):
        states.append(state)
        examined.look(state)
    assert states
    assert "\n".join(examined.found) == ""
    assert examined.invalid(tmp_path) == []


def test_the_letters_are_accessible_too(walk, town, address):
    citizen = walk()
    for _ in JOURNEYS["managing"](citizen):
        pass
    town.letter(address, "bestätigen")
    examined = Examined(walk().page)
    letters = [letter for letter in town.relay.taken if address in str(letter["To"])]
    for letter in letters:
        examined.page.set_content(letter.get_body(("html",)).get_content())
        examined.look(str(letter["Subject"]))
    assert len(letters) > 1
    assert "\n".join(examined.found) == ""
