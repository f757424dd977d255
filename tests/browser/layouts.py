"""What a layout does to people who see it differently: in a narrow window, with larger or wider text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

# WCAG 1.4.10: 320 by 256 CSS pixels are 1280 by 1024 at 400 %. 1.4.4: text of twice the size. 1.4.12: its own values.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-block-end: 2em !important }"""
DOUBLED = "html { font-size: 200% !important }"
MEASURES = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class Condition:
    """How somebody looks at a page: the window, and a style sheet of their own."""

    window: ViewportSize
    sheet: str = ""


NARROW: ViewportSize = {"width": 320, "height": 256}
CONDITIONS: Mapping[str, Condition] = {
    "320 px": Condition(NARROW),
    "text spacing": Condition(NARROW, SPACED),
    "text at 200 %": Condition({"width": 640, "height": 512}, DOUBLED),
    "text at 200 % on a desk": Condition({"width": 1280, "height": 900}, DOUBLED),
}


def resize(page: Page, window: ViewportSize) -> None:
    """Give a page another window, and wait until it knows."""
    page.set_viewport_size(window)
    page.wait_for_function("width => innerWidth === width", arg=window["width"])  # it is late


def faults(page: Page) -> Iterator[str]:
    """Yield what is cut, overlapping, too wide in each condition, or too small to hit; the window is narrow again."""
    page.wait_for_load_state()  # before its style sheets are there, everything is too wide
    page.evaluate(_measures())
    for name, condition in CONDITIONS.items():
        resize(page, condition.window)
        page.evaluate("layouts.remember()")
        page.evaluate("words => layouts.wear(words)", condition.sheet)
        yield from (f"{name}: {fault}" for fault in page.evaluate("layouts.faults()"))
        if condition.sheet == DOUBLED:
            yield from {f"{name}: text does not grow in {at}" for at in page.evaluate("layouts.stunted()")}
        page.evaluate("layouts.wear('')")
    resize(page, NARROW)
    yield from page.evaluate("layouts.small()")


@cache
def _measures() -> str:
    return MEASURES.read_text(encoding="utf-8")
