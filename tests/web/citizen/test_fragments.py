"""Fragments: the same steps for the widget, readable and to be sent from listed sites only."""

import re

import pytest
from sqlalchemy.exc import OperationalError

from booking.extensions import db
from tests.builders import a_municipality
from tests.web.citizen.conftest import Citizen

HOMEPAGE = "https://www.musterstadt.example"
LISTED = {"Origin": HOMEPAGE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
STRANGER = LISTED | {"Origin": "https://www.anderswo.example"}
NOBODY = LISTED | {"Origin": "null"}
STEPS = ("", "checklist?concern=personalausweis", "contact?concern=personalausweis&office=buergerbuero", "link")
FORMS = ("contact", "time", "book", "twice", "pending", "pending/code", "pending/resend", "pending/email", "link")


@pytest.fixture
def town(app, now):
    with app.app_context():
        a_municipality(embedding_origins=[HOMEPAGE])


@pytest.fixture
def widget(client, town):
    """A citizen on the homepage: every address asks for a fragment."""

    class Widget(Citizen):
        def ask(self, step, headers=LISTED):
            return self.client.get(f"/musterstadt/{step}{'&' if '?' in step else '?'}view=fragment", headers=headers)

        def send(self, step, headers=LISTED, **fields):
            data = self.typed | fields
            return self.client.post(f"/musterstadt/{step}?view=fragment", data=data, headers=headers)

    return Widget(client)


def shared_with(answer):
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("step", STEPS)
def test_a_listed_site_reads_every_step(widget, step):
    answer = widget.ask(step)
    assert answer.status_code == 200
    assert shared_with(answer) == HOMEPAGE
    assert "Origin" in answer.vary


@pytest.mark.parametrize("step", STEPS)
def test_a_fragment_is_no_document_and_starts_one_heading_lower(widget, step):
    text = widget.ask(step).text
    assert text.lstrip().startswith('<div class="wf-fragment"')
    assert re.search(r"<h2 [^>]*id=\"heading\" tabindex=\"-1\"", text)
    assert not re.search(r"<(?:html|body|main|h1|style|script|link)\b|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("step", STEPS)
def test_links_and_forms_of_a_fragment_lead_to_the_pages(widget, step):
    text = widget.ask(step).text
    addresses = re.findall(r'(?:href|action|formaction)="([^"]*)"', text)
    assert addresses
    assert [address for address in addresses if "view=" in address] == []


@pytest.mark.parametrize("headers", [STRANGER, NOBODY], ids=["another site", "a sandbox or a file"])
@pytest.mark.parametrize("step", STEPS)
def test_an_unlisted_site_reads_only_why_not(widget, step, headers):
    answer = widget.ask(step, headers)
    assert answer.status_code == 403
    assert shared_with(answer) == "*"
    assert "ist für die Terminbuchung nicht freigegeben" in answer.text
    assert "Personalausweis" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [STRANGER, NOBODY], ids=["another site", "a sandbox or a file"])
@pytest.mark.parametrize("step", FORMS)
def test_an_unlisted_site_sends_nothing(widget, rows, step, headers):
    start = widget.starts()[0]
    answer = widget.send(step, headers, start=start)
    assert answer.status_code == 403
    assert shared_with(answer) == "*"
    assert rows() == []


@pytest.mark.parametrize("step", FORMS)
def test_a_form_from_elsewhere_that_names_no_site_is_no_widget(widget, rows, step):
    answer = widget.send(step, {"Sec-Fetch-Site": "cross-site"}, start="2026-11-24T08:30:00+01:00")
    assert answer.status_code == 400
    assert rows() == []


def test_a_listed_site_books(widget, rows):
    answer = widget.send("book", start=widget.starts()[0])
    assert answer.status_code == 200
    assert shared_with(answer) == HOMEPAGE
    assert rows() == [("pending", "Anna Beispiel", "anna@example.org")]


def test_a_listed_site_cannot_send_the_pages_own_forms(widget, rows):
    answer = widget.client.post("/musterstadt/book", data=widget.typed | {"start": widget.starts()[0]}, headers=LISTED)
    assert answer.status_code == 400
    assert rows() == []


def test_pages_are_read_by_no_other_site(widget):
    assert shared_with(widget.client.get("/musterstadt/", headers=LISTED)) is None


def test_no_answer_goes_with_credentials(widget):
    for answer in (widget.ask(""), widget.ask("", STRANGER), widget.send("time")):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_the_appointment_behind_a_link_is_read_and_changed_by_no_other_site(widget, letter, rows):
    widget.books()
    answer = widget.client.get(f"/t/{letter()[0]}?view=fragment", headers=LISTED)
    assert answer.status_code == 400
    assert "Anna" not in answer.text
    assert widget.client.post(f"/t/{letter()[0]}/confirm?view=fragment", headers=LISTED).status_code == 400
    assert rows()[0][0] == "pending"


def test_our_own_pages_show_fragments_too(widget):
    assert widget.ask("", {"Sec-Fetch-Site": "same-origin"}).status_code == 200
    sent = widget.send("time", {"Sec-Fetch-Site": "same-origin", "Origin": "null"})
    assert sent.status_code == 200


def test_a_redirect_leads_to_a_fragment_that_may_be_read(widget):
    answer = widget.ask("checklist")
    assert answer.status_code == 302
    assert answer.location == "/musterstadt/?view=fragment"
    assert shared_with(answer) == HOMEPAGE


@pytest.mark.parametrize(
    ("step", "fields", "status"),
    [
        ("time", {"email": "niemand"}, 422),
        ("book", {"start": "2026-11-24T03:00:00+01:00"}, 409),
        ("time", {"concern": "gibt-es-nicht"}, 404),
        ("pending/code", {"reference": "ABCDEFG", "holder": "x", "code": "000000"}, 404),
        ("time", {"name": "x" * 200_000}, 413),
    ],
)
def test_every_refusal_is_a_fragment_that_may_be_read(widget, step, fields, status):
    answer = widget.send(step, **fields)
    assert answer.status_code == status
    assert shared_with(answer) in {HOMEPAGE, "*"}
    assert 'class="wf-fragment"' in answer.text


def test_a_problem_says_what_is_wrong_in_one_sentence_to_show_beside_what_was_typed(widget):
    assert re.search(r'data-problem="[^"]{20,}"', widget.send("time", name="x" * 200_000).text)
    assert "data-problem" not in widget.send("time", email="niemand").text


def test_an_address_that_does_not_exist_is_told_to_every_site(widget):
    for address in ("/gibtesnicht/?view=fragment", "/gibt/es/nicht?view=fragment"):
        answer = widget.client.get(address, headers=STRANGER)
        assert answer.status_code == 404
        assert shared_with(answer) == "*"
        assert 'class="wf-fragment"' in answer.text


def test_with_the_database_away_the_widget_can_say_so(widget, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    for place in ("execute", "scalars", "connection"):
        monkeypatch.setattr(db.session, place, away)
    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", away)
    answer = widget.ask("")
    assert answer.status_code == 503
    assert shared_with(answer) in {HOMEPAGE, "*"}
    assert "data-problem" in answer.text


def test_a_fault_of_ours_can_be_read_and_blames_nobody(app, widget, monkeypatch):
    app.config |= {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
    monkeypatch.setattr("booking.web.citizen.choosing.read_choice", lambda *_: 1 / 0)
    answer = widget.ask("")
    assert answer.status_code == 500
    assert shared_with(answer) == HOMEPAGE
    assert "data-problem" in answer.text
    assert "ZeroDivision" not in answer.text


def test_a_fragment_names_all_that_it_is_shown_with_by_content(widget):
    text = widget.ask("").text
    for name in ("sheet", "script"):
        assert re.search(rf'data-{name}="/static/[^"]+\?v=[0-9a-f]{{12}}"', text)


def test_what_a_fragment_is_shown_with_may_be_loaded_from_everywhere(widget):
    for name in ("vendor/widget/widget.css", "citizen.js"):
        with widget.client.get(f"/static/{name}", headers=STRANGER) as answer:
            assert shared_with(answer) == "*"


def test_the_script_is_asked_for_again_and_not_sent_twice(widget):
    first = widget.client.get("/widget.js", headers=STRANGER)
    assert first.mimetype == "text/javascript"
    assert shared_with(first) == "*"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" not in first.headers["Cache-Control"]
    again = widget.client.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
