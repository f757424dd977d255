"""What can be perceived of a page without a mouse, without colours, without motion, by ear; axe sees none of it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
ASKED = Path(__file__).with_suffix(".js")
QUESTIONS = ("unfocused", "undated", "unfilled", "coloured", "unspoken", "moving", "untitled")


def faults(page: Page) -> Iterator[str]:
    """Yield what cannot be perceived of a page."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(_asked())
    for question in QUESTIONS:
        yield from (f"{question}: {fault}" for fault in dict.fromkeys(page.evaluate(f"senses.{question}()")))


def untold(page: Page, role: str) -> list[str]:
    """Return what is wrong with the way a page tells what has just happened, as ``status`` or as ``alert``."""
    page.evaluate(DRAWN)  # the browser moves the focus to #said only with a picture of the page
    page.evaluate(_asked())
    found: list[str] = page.evaluate("role => senses.told(role)", role)
    return found


@cache
def _asked() -> str:
    return ASKED.read_text(encoding="utf-8")
