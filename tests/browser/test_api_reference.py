"""The API's reference in a real browser: our own files, under our own content security policy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import serving


@pytest.fixture
def server(engine_url: str, free_port: int, tmp_path: Path) -> Iterator[serving.Server]:
    environment = serving.environment_for(engine_url, port=free_port)
    with serving.serving(environment, workers=1, jobs=False, log=tmp_path / "log") as started:
        yield started


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_reference_lists_every_call_and_tries_one(server: serving.Server, open_page: Callable[..., Page]) -> None:
    page, refused = open_page(), []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{server.url}/api/v1/docs")
    expect(page.locator(".opblock")).to_have_count(14)
    page.get_by_text("List the municipalities.").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    answer: Any = page.locator(".live-responses-table .response .response-col_status")
    expect(answer).to_contain_text("200")
    assert refused == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_without_javascript_the_reference_says_where_to_look(
    server: serving.Server, open_page: Callable[..., Page]
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{server.url}/api/v1/docs")
    page.get_by_role("link", name="list of problems").click()
    expect(page.get_by_role("heading", name="Diese Zeit ist vergeben")).to_be_visible()
