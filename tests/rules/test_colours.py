"""A town's colour stays its own where it can be read, and is made readable where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.colours import BLACK, WHITE, Colour, contrast, luminance, parse, remarks_on, theme_of

parts = st.integers(0, 255)
colours = st.builds(Colour, parts, parts, parts)


def against(colour: Colour, other: Colour) -> float:
    return contrast(luminance(colour), luminance(other))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_what_wcag_says(one, other, expected):
    assert against(parse(one), parse(other)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("text", ["", "#fff", "1a5f3c", "#1a5f3g", "#1a5f3c ", "#1a5f3c\n", "red", "#١١١١١١"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match=r"(?s)^.*$"):
        parse(text)


@given(colours)
def test_a_colour_is_written_as_it_is_read(colour):
    assert parse(str(colour)) == colour


@given(colours)
def test_links_and_the_words_on_buttons_can_be_read_whatever_the_colour(colour):
    theme = theme_of(colour)
    assert theme.line == colour
    assert against(theme.light, WHITE) >= 4.5
    assert against(theme.dark, BLACK) >= 7
    assert contrast(luminance(theme.light), 0.80) >= 4.5
    assert contrast(luminance(theme.dark), 0.018) >= 7


def test_a_colour_that_can_be_read_is_left_alone():
    green = parse("#1a5f3c")
    assert theme_of(green).light == green
    assert theme_of(parse("#9fd8b8")).dark == parse("#9fd8b8")


def test_yellow_is_darkened_on_white_and_kept_on_black():
    theme = theme_of(parse("#ffd500"))
    assert theme.light != theme.line
    assert theme.dark == theme.line


def test_it_is_said_where_a_colour_is_not_used_as_it_is():
    assert remarks_on("") == []
    shown = theme_of(parse("#ffd500")).light
    sentence = "The colour #ffd500 is hard to read on light pages: links and buttons there have it darkened to"
    assert remarks_on("#ffd500") == [f"{sentence} {shown}."]
    assert "dark pages" in remarks_on("#1a5f3c")[0]
