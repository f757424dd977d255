"""The demo mailbox: it takes real SMTP, and nothing in a letter can do more than be read."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient

from tools.mailbox.__main__ import Taking
from tools.mailbox.letters import MOST, Letters
from tools.mailbox.pages import linked, make_pages

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return make_pages(tmp_path).test_client()


@pytest.fixture
def relay(tmp_path: Path, free_port: int) -> Iterator[int]:
    controller = Controller(
        Taking(Letters(tmp_path)), hostname="127.0.0.1", port=free_port, server_hostname="localhost"
    )
    controller.start()
    yield free_port
    controller.stop()


def a_letter(subject: str = "Ihr Termin", html: str = "<p>Guten Tag</p>") -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = subject, "amt@example.org", "erika@example.org"
    letter.set_content(f"Bestätigen: https://example.org/t/abc?x=1&y=2.\n{EVIL}")
    letter.add_alternative(html, subtype="html")
    letter.add_alternative(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", params={"method": "REQUEST"})
    letter.add_attachment(b"BEGIN:VCALENDAR", maintype="application", subtype="ics", filename=f"{EVIL}.ics")
    return letter


def keep(folder: Path, letter: EmailMessage) -> int:
    Letters(folder).keep(letter.as_bytes(), recipients=["erika@example.org"])
    return Letters(folder).all()[0].id


def test_what_is_sent_can_be_read(client: FlaskClient, relay: int) -> None:
    with smtplib.SMTP("127.0.0.1", relay, timeout=10) as smtp:
        smtp.send_message(a_letter("Größe & Länge"))
    page = client.get("/").text
    assert "Größe &amp; Länge" in page
    assert "2 Anhänge" in page


def test_a_letter_shows_when_it_came_on_the_demo_towns_clock(client: FlaskClient, tmp_path: Path) -> None:
    noon = int(datetime(2026, 11, 23, 11, tzinfo=UTC).timestamp() * 1e9)
    (tmp_path / f"{noon}.eml").write_bytes(a_letter().as_bytes())
    assert "23.11.2026, 12:00:00 Uhr" in client.get(f"/letters/{noon}").text


def test_an_empty_mailbox_says_so(client: FlaskClient) -> None:
    assert "Noch keine Post" in client.get("/").text


def test_nothing_in_a_letter_becomes_part_of_the_page(client: FlaskClient, tmp_path: Path) -> None:
    number = keep(tmp_path, a_letter(subject=EVIL))
    for address in ("/", "/list", f"/letters/{number}"):
        answer = client.get(address)
        assert EVIL not in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_html_of_a_letter_runs_nothing_and_asks_nobody(client: FlaskClient, tmp_path: Path) -> None:
    number = keep(tmp_path, a_letter(html=f"<html><head></head><body>{EVIL}</body></html>"))
    answer = client.get(f"/letters/{number}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert '<head><base target="_blank">' in answer.text
    frame = client.get(f"/letters/{number}").text.split("<iframe", 1)[1].split(">", 1)[0]
    assert "sandbox=" in frame
    assert "allow-scripts" not in frame


def test_addresses_in_plain_text_can_be_clicked_and_nothing_else() -> None:
    assert linked("Hier: https://example.org/t/a?x=1&y=2. <b>javascript:alert(1)</b>") == (
        'Hier: <a href="https://example.org/t/a?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">'
        "https://example.org/t/a?x=1&amp;y=2</a>. &lt;b&gt;javascript:alert(1)&lt;/b&gt;"
    )
    assert linked('https://example.org/"onclick="x').startswith('<a href="https://example.org/" target="_blank"')


def test_calendar_entries_are_downloads(client: FlaskClient, tmp_path: Path) -> None:
    number = keep(tmp_path, a_letter())
    for part, name in ((0, "termin.ics"), (1, "_script_alert(1)__script_.ics")):
        answer = client.get(f"/letters/{number}/parts/{part}")
        assert answer.data == b"BEGIN:VCALENDAR"
        assert name in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_there_is_not_found(client: FlaskClient, tmp_path: Path) -> None:
    number = keep(tmp_path, a_letter())
    for address in ("/letters/1", "/letters/1/html", "/letters/1/source", f"/letters/{number}/parts/2"):
        assert client.get(address).status_code == 404


def test_the_source_of_a_letter_is_plain_text(client: FlaskClient, tmp_path: Path) -> None:
    number = keep(tmp_path, a_letter())
    answer = client.get(f"/letters/{number}/source")
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("X-Envelope-To: erika@example.org")


def test_a_letter_in_an_unknown_character_set_is_shown_all_the_same(client: FlaskClient, tmp_path: Path) -> None:
    Letters(tmp_path).keep(b'Content-Type: text/plain; charset="klingon"\r\n\r\nQapla', recipients=["a@example.org"])
    assert "Qapla" in client.get(f"/letters/{Letters(tmp_path).all()[0].id}").text


def test_the_oldest_letters_are_forgotten(tmp_path: Path) -> None:
    letters = Letters(tmp_path)
    for number in range(MOST + 3):
        letters.keep(f"Subject: {number}\r\n\r\n".encode(), recipients=[])
    assert len(letters.all()) == MOST
    assert letters.all()[0].subject == str(MOST + 2)
    assert letters.all()[-1].subject == "3"
