"""Pictures for people to look at, taken only when they are asked for: one costs as much as all that axe looks for."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "build/screenshots"


def take(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep what the page shows as build/screenshots/NAME.png, if PICTURES is set (`make pictures`)."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)
