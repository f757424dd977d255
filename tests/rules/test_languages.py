"""The languages that we speak, and how others call them."""

import pytest
from babel import Locale

from booking.rules.languages import LANGUAGES, direction, spoken


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("de", "de"),
        ("en-GB", "en"),
        ("de-simple", "de-simple"),
        ("de-AT", "de"),
        ("uk-UA", "uk"),
        ("fr", "de"),
        ("", "de"),
    ],
)
def test_the_nearest_language_is_spoken(asked: str, given: str) -> None:
    assert spoken(asked) == given


@pytest.mark.parametrize("tag", LANGUAGES)
def test_babel_keeps_apart_what_we_keep_apart(tag: str) -> None:
    """It parses ``de_simple`` as German without a word; ``de@simple`` survives, so its files are found."""
    language = LANGUAGES[tag]
    assert str(Locale.parse(language.gettext)) == language.gettext
    assert str(Locale.parse(language.cldr)) == language.cldr


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_is_written_as_its_script_is(tag: str) -> None:
    assert (
        direction(tag)
        == {"left-to-right": "ltr", "right-to-left": "rtl"}[Locale.parse(LANGUAGES[tag].cldr).character_order]
    )
