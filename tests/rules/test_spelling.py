"""What counts as the same word."""

import pytest

from booking.rules.spelling import is_inflected, is_slip, stems, words


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("ausweis", "auswies", True),
        ("ausweis", "ausweiss", True),
        ("ausweis", "auweis", True),
        ("ausweis", "ausbeis", True),
        ("ausweis", "ausweis", True),
        ("ausweis", "asuwies", False),
        ("ausweis", "ausw", False),
    ],
)
def test_a_slip_is_one_letter_wrong_missing_too_many_or_two_swapped(one, other, slip):
    assert is_slip(one, other) is slip
    assert is_slip(other, one) is slip


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("Ausweise", "Ausweis"),
        ("angemeldet", "anmelden"),
        ("umzumelden", "ummelden"),
        ("Verlängerung", "verlängern"),
        ("Pässe", "Pass"),
        ("Kinder", "Kind"),
        ("passports", "passport"),
    ],
)
def test_an_inflection_is_the_same_word(asked, word):
    assert any(is_inflected(words(word)[0], stem) for stem in stems(words(asked)[0]))


@pytest.mark.parametrize(("asked", "word"), [("Pass", "passen lassen"), ("Rat", "Ratte"), ("Heft", "Haft")])
def test_another_word_is_none(asked, word):
    assert words(word) != words(asked)
    assert not any(is_inflected(words(word)[-1], stem) for stem in stems(words(asked)[0]))
