"""What people have to load is small; ``make sizes`` prints it."""

import pytest
from playwright.sync_api import expect

from tests.browser.embedding import Site, element
from tests.browser.loading import SCRIPTS, VIEW, listen, told

TRANSFERRED = "performance.getEntriesByType('resource').filter(one => one.transferSize > 0).map(one => one.name)"
LANGUAGES = ("de", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_view_of_the_pages_is_small(visit, town, language):
    page = visit()
    loaded = listen(page)
    page.goto(f"{town.url}/schwarmstedt/?lang={language}", wait_until="networkidle")
    sizes = loaded.of()
    print(f"\n{told(f'First view of the pages ({language})', sizes, VIEW)}")  # noqa: T201 - `make sizes` shows it
    assert 0 < sum(sizes.values()) <= VIEW
    assert 0 < sum(loaded.of("script").values()) <= SCRIPTS
    assert len(loaded.fonts()) <= 2, loaded.fonts()


def test_the_widget_is_small(visit, town, homepage):
    page = visit()
    homepage.pages = site = Site()
    loaded = listen(page)
    page.goto(homepage.origin + site.add(town.url, element()), wait_until="networkidle")
    sizes, scripts = loaded.of(), loaded.of("script")
    print(f"\n{told('Scripts of the widget', scripts, SCRIPTS)}")  # noqa: T201 - `make sizes` shows it
    print(told("First view of a homepage with the widget", sizes, VIEW))  # noqa: T201 - likewise
    assert 0 < sum(scripts.values()) <= SCRIPTS
    assert 0 < sum(sizes.values()) <= VIEW
    assert len(loaded.fonts()) <= 2, loaded.fonts()


def test_the_second_view_loads_the_page_alone(visit, town):
    page = visit()
    page.goto(f"{town.url}/schwarmstedt/", wait_until="networkidle")
    page.get_by_role("link", name="Personalausweis beantragen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Das bringen Sie mit")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(TRANSFERRED) == []
