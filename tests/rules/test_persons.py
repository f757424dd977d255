"""Names and numbers as people type them fit what is kept of them, and nobody else's."""

import pytest

from booking.rules.persons import digits_of, fitting, is_called, is_number


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        ("Müller, Änne", "mueller", True),
        ("Müller, Änne", "MÜLLER", True),
        ("Müller, Änne", "muller anne", True),
        ("Mueller", "müller", True),
        ("Mueller", "muller", True),
        ("Weiß", "weiss", True),
        ("Groß-Weiss", "weiß", True),
        ("Anna Beispiel", "beisp an", True),
        ("Anna Beispiel", "beispiel berta", False),
        ("Zoë Łukasz", "zoe", True),
        ("Michael Neuer", "michael", True),
        ("Anna Beispiel", "a", False),  # would list everybody
        ("Anna Beispiel", " - ", False),
        ("Anna Beispiel", "", False),
    ],
)
def test_part_of_a_name_finds_it(name: str, asked: str, found: bool) -> None:
    assert fitting(asked)(name) is found


@pytest.mark.parametrize(
    ("name", "said", "meant"),
    [
        ("Anna Müller", "anna mueller", True),
        ("Anna Müller", "Muller", True),
        ("Anna Müller", "Müll", False),  # the caller says a whole name
        ("Anna Müller", "A", False),
        ("Anna Müller", "Berta Müller", False),
        ("Anna Müller", "", False),
    ],
)
def test_a_caller_says_whole_names(name: str, said: str, meant: bool) -> None:
    assert is_called(name, said) is meant


@pytest.mark.parametrize(
    "written", ["05071 809-99", "+49 5071 80999", "+49 (0)5071/809 99", "0049507180999", "(05071) 80999"]
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert digits_of(written) == "0507180999"
    assert is_number(written, "05071 80999")


def test_a_few_digits_are_nobodys_number() -> None:
    assert not is_number("110", "110")
    assert not is_number("05071 80999", "")
    assert not is_number("05071 80999", "05071 80998")
