"""Every page in every state, and every letter: nothing for axe to find in any look; valid HTML."""

import itertools

import pytest

from booking.models import Kind
from booking.rules.languages import LANGUAGES
from tests.browser.axe import Examined
from tests.browser.journeys import JOURNEYS
from tests.builders import a_municipality, an_appointment
from tests.mail.test_letters import a_letter, html


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_is_accessible_and_valid(wander, tmp_path, journey):
    citizen = wander()
    examined = Examined(citizen.page)
    states = []
    for state in JOURNEYS[journey](citizen):
        states.append(state)
        examined.look(state)
    assert states
    assert "\n".join(examined.found) == ""
    assert examined.invalid(tmp_path) == []


def test_every_letter_is_accessible(context, visit):
    """In every language, read from either side; mail programs want HTML that no checker of pages would call valid."""
    a_municipality()
    found, examined = an_appointment(), Examined(visit())
    for kind, language in itertools.product(Kind, LANGUAGES):
        examined.page.set_content(html(a_letter(kind, found, language=language)))
        examined.look(f"{kind} in {language}")
    assert "\n".join(examined.found) == ""
