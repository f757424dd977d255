"""Guests on a homepage that shows the widget."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.embedding import PLAIN, Site, element
from tests.browser.guests import Guest
from tests.browser.hosting import Homepage


@pytest.fixture
def site(homepage: Homepage) -> Site:
    homepage.pages = Site()
    return homepage.pages


@pytest.fixture
def guests(town, address, homepage: Homepage, site: Site) -> Callable[..., Callable[..., Guest]]:
    def by(opening: Callable[..., Page]) -> Callable[..., Guest]:
        def begun(body: str = "", look=lambda _step: None, *, page=None, **options) -> Guest:
            path = site.add(town.url, body or element(), **(page or {"styles": PLAIN}))
            return Guest(opening(**options), town, address, look, homepage.origin + path)

        return begun

    return by


@pytest.fixture
def guest(guests, visit) -> Callable[..., Guest]:
    return guests(visit)


@pytest.fixture
def cut_off_guest(guests, open_page) -> Callable[..., Guest]:
    """Of a request that is lost, the browser's console tells by itself."""
    return guests(open_page)
