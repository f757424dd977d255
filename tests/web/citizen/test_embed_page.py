"""What a web editor finds to copy."""

import html
import re

import pytest

from tests.builders import a_municipality


@pytest.fixture
def copied(app, client, now):
    with app.app_context():
        a_municipality(embedding_origins=["https://www.musterstadt.example"])

    def lines(query=""):
        page = client.get(f"/musterstadt/embed{query}")
        assert page.status_code == 200
        return [html.unescape(each) for each in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)]

    return lines


def test_two_lines_embed_the_booking(copied):
    widget, frame, script, _looks = copied()
    assert widget == (
        '<script src="http://localhost/widget.js" defer></script>\n'
        '<wartefrei-booking municipality="musterstadt">\n'
        '  <a href="http://localhost/musterstadt/">Termin buchen</a>\n'
        "</wartefrei-booking>"
    )
    assert 'src="http://localhost/musterstadt/?frame=1"' in frame
    assert 'referrerpolicy="origin"' in frame
    assert script == '<script src="http://localhost/frame.js" defer></script>'


def test_a_chosen_concern_and_office_are_in_the_lines(copied, client):
    widget, frame, _script, _looks = copied("?concern=personalausweis&office=buergerbuero&lang=en")
    assert 'municipality="musterstadt" concern="personalausweis" office="buergerbuero">' in widget
    source = html.unescape(re.search(r'src="([^"]*)"', frame)[1])
    assert "lang=" not in source
    assert "personalausweis" in source
    assert client.get(source).status_code == 200


def test_an_office_that_does_not_offer_the_concern_is_left_out(copied):
    assert "office=" not in copied("?concern=personalausweis&office=standesamt")[0]
    assert "office=" not in copied("?concern=&office=gibt-es-nicht")[0]


def test_an_unknown_concern_has_no_lines(copied, client):
    assert client.get("/musterstadt/embed?concern=gibt-es-nicht").status_code == 404


def test_the_page_names_who_may_embed_and_shows_how_it_looks(copied, client):
    page = client.get("/musterstadt/embed")
    assert "<li><code>https://www.musterstadt.example</code></li>" in page.text
    assert 'src="/musterstadt/?frame=1"' in page.text
    assert "frame-src 'self';" in page.headers["Content-Security-Policy"]
    assert '<meta name="robots" content="noindex">' in page.text


def test_whom_to_ask_for_approval_comes_before_the_lines(copied, client):
    page = client.get("/musterstadt/embed").text
    assert page.index("Ihre Homepage freigeben lassen") < page.index('class="wf-address"') < page.index("<textarea")


def test_no_citizens_page_leads_there(copied, client):
    assert "/embed" not in client.get("/musterstadt/").text
