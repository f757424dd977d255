"""A browser for tests: Debian's Chromium, driven by Playwright, that talks to this machine only."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SILENT = [  # Chromium asks its maker's servers for updates, variations and more unless told not to
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
HERE = {"127.0.0.1", "localhost", "[::1]", "::1", None}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.fail("Chromium is missing; please type: apt-get install chromium", pytrace=False)
    # Chromium's own sandbox refuses root and many containers; it would guard against pages that are not ours.
    flags = [*SILENT, "--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens an empty page as a new visitor: ``open_page(java_script_enabled=False)``.

    The options are those of Playwright's ``new_context``. When the test is over, it fails if any page asked another
    host for something, or if a page's script failed.
    """
    contexts, wrong = [], []

    def opened(**options: Any) -> Page:
        context = chromium.new_context(**{"locale": "de-DE", "timezone_id": "Europe/Berlin"} | options)
        contexts.append(context)
        page = context.new_page()
        context.on("request", lambda request: _note_foreign(request.url, wrong))
        context.on("weberror", lambda error: wrong.append(f"script failed: {error.error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def _note_foreign(url: str, wrong: list[str]) -> None:
    address = urlsplit(url)
    if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in HERE:
        wrong.append(f"asked another host: {url}")
