"""The demo mailbox, as a person sees it."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tests.threads import answering
from tools.mailbox.letters import Letters
from tools.mailbox.pages import make_pages


@pytest.fixture
def mailbox(tmp_path: Path, free_port: int) -> Iterator[str]:
    server = make_server("127.0.0.1", free_port, make_pages(tmp_path), threaded=True)
    with answering(server):
        yield f"http://127.0.0.1:{free_port}"


def drop(folder: Path, *, link: str) -> None:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = "Bitte bestätigen", "amt@example.org", "erika@example.org"
    letter.set_content(f"Bestätigen: {link}")
    script = "<script>document.body.textContent = 'replaced'</script><img src=x onerror=\"document.title='replaced'\">"
    letter.add_alternative(
        f"<html><head></head><body><a href='{link}'>Bestätigen</a>{script}</body></html>", subtype="html"
    )
    Letters(folder).keep(letter.as_bytes(), recipients=["erika@example.org"])


def test_a_letter_appears_by_itself_and_its_link_opens(open_page, mailbox, tmp_path):
    page = open_page()
    page.goto(mailbox)
    expect(page.get_by_text("Noch keine Post")).to_be_visible()
    drop(tmp_path, link=f"{mailbox}/?opened")
    page.get_by_role("link", name="Bitte bestätigen").click()
    expect(page.get_by_role("heading", name="Bitte bestätigen")).to_be_visible()
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Bestätigen").click()
    opened.value.wait_for_url("**/?opened")
    assert page.title().startswith("Bitte bestätigen")


def test_a_letter_can_be_read_without_javascript(open_page, mailbox, tmp_path):
    drop(tmp_path, link=f"{mailbox}/?opened")
    page = open_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(mailbox)
    page.get_by_role("link", name="Bitte bestätigen").click()
    page.get_by_text("Als reiner Text").click()
    page.locator("pre a").click()
