"""The cut fonts have every sign that our pages write, and no page needs more than two files."""

import unicodedata
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fontTools import subset
from fontTools.ttLib import TTFont

from booking.web.assets import FONT_SETS
from tools import fonts

ROOT = Path(__file__).parents[2]
CUT = ROOT / "booking/web/static/vendor/fonts"
TRANSLATIONS = ROOT / "booking/translations"


def signs_of(language: str) -> set[str]:
    """Return every sign of a language's translations."""
    found: set[str] = set()
    for file in (TRANSLATIONS / language / "LC_MESSAGES").glob("*.po"):
        with file.open("rb") as opened:
            messages = read_po(opened)
        for message in messages:
            if message.id:
                found.update("".join([message.string] if isinstance(message.string, str) else message.string))
    return {sign for sign in found if unicodedata.category(sign) not in {"Cc", "Cf"}}  # line ends, hints: not drawn


def signs_in(name: str) -> set[str]:
    """Return every sign that a set's files can draw and browsers may take from them."""
    found: set[str] = set()
    for face in fonts.SETS[name]:
        allowed = set(subset.parse_unicodes(face.signs.replace(" ", "")))
        found.update(map(chr, allowed & set(TTFont(CUT / face.file).getBestCmap())))
    return found


@pytest.mark.parametrize("language", sorted(path.name for path in TRANSLATIONS.iterdir() if path.is_dir()))
def test_every_sign_of_a_translation_is_in_its_fonts(language):
    assert signs_of(language) - signs_in(FONT_SETS.get(language, "latin")) == set()


@pytest.mark.parametrize("name", fonts.SETS)
def test_a_page_needs_two_small_files(name):
    assert len(fonts.SETS[name]) <= 2
    assert sum((CUT / face.file).stat().st_size for face in fonts.SETS[name]) < 70_000
