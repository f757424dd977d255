"""A municipality's colour, made readable: WCAG 2.2, contrast minimum (1.4.3) and non-text contrast (1.4.11)."""

import re
from typing import NamedTuple

TEXT_CONTRAST, DARK_TEXT_CONTRAST = 4.5, 7.0
"""On dark paper 4.5 is met by blues that look switched off; KERN's own links have more than 8 there."""
LIGHT_PAPER, DARK_PAPER = 0.80, 0.018
"""Relative luminance of KERN's hardest backgrounds, those of its alerts: the darkest light and the lightest dark."""
_FORM = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.IGNORECASE)
_STEPS = 100
_LINEAR_BELOW = 0.04045


class Colour(NamedTuple):
    """An sRGB colour, each part from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        """Write it as style sheets do."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


class Theme(NamedTuple):
    """What pages make of a colour: itself for the header's line, and what can be read on light and dark paper.

    ``light`` carries KERN's white words and ``dark`` its black ones: what can be read on paper carries paper's colour.
    """

    line: Colour
    light: Colour
    dark: Colour


def parse(text: str) -> Colour:
    """Read ``#rrggbb``. Raises ValueError for anything else."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Colour(*(int(part, 16) for part in found.groups()))


def luminance(colour: Colour) -> float:
    """Return the relative luminance, 0 for black to 1 for white (WCAG 2.2, definitions)."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """Return the contrast of two luminances, 1 to 21 (WCAG 2.2, definitions)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def theme_of(colour: Colour) -> Theme:
    """Darken the colour for light pages and lighten it for dark ones, no more than words need to be readable."""
    return Theme(
        line=colour,
        light=_until_readable(colour, BLACK, LIGHT_PAPER, TEXT_CONTRAST),
        dark=_until_readable(colour, WHITE, DARK_PAPER, DARK_TEXT_CONTRAST),
    )


def remarks_on(text: str) -> list[str]:
    """Return a sentence for each kind of page on which a municipality's colour cannot be read as it is."""
    if not text:
        return []
    theme = theme_of(parse(text))
    pages = (("light", "darkened", theme.light), ("dark", "lightened", theme.dark))
    return [
        f"The colour {theme.line} is hard to read on {kind} pages: links and buttons there have it {how} to {shown}."
        for kind, how, shown in pages
        if shown != theme.line
    ]


def _until_readable(colour: Colour, towards: Colour, paper: float, wanted: float) -> Colour:
    mixed = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in mixed if contrast(luminance(each), paper) >= wanted)


def _mixed(colour: Colour, towards: Colour, share: float) -> Colour:
    return Colour(*(round(own + (other - own) * share) for own, other in zip(colour, towards, strict=True)))


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4
