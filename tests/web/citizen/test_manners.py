"""What every page keeps to: no cookie, nothing personal in an address, nothing written by GET."""

import re

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from booking.extensions import db

pytestmark = pytest.mark.both_engines

GETS = ("/", "/musterstadt/", "/musterstadt/checklist?concern=personalausweis", "/musterstadt/link")
CONTACT = "/musterstadt/contact?concern=personalausweis&office=buergerbuero"
PERSONAL = re.compile(r"anna|beispiel|example\.org", re.IGNORECASE)


@pytest.fixture
def whole_way(citizen, letter):
    """Every answer that one citizen gets from the first page to the cancelled appointment."""

    def walk():
        client = citizen.client
        answers = [client.get(address) for address in (*GETS, CONTACT)]
        answers += [citizen.times(name=""), citizen.times(), citizen.books()]
        secrets = citizen.secrets(answers[-1])
        answers.append(client.post("/musterstadt/pending/code", data=secrets | {"code": "000000"}))
        answers.append(client.post("/musterstadt/pending/resend", data=secrets))
        link = f"/t/{letter()[0]}"
        answers += [client.get(link), client.post(f"{link}/confirm"), client.get(f"{link}/move")]
        answers += [client.get(f"{link}/checklist"), client.get(f"{link}/calendar.ics"), client.post(f"{link}/cancel")]
        answers.append(client.get("/gibt/es/nicht"))
        return answers

    return walk


def test_no_answer_sets_a_cookie(whole_way):
    assert [answer.request.path for answer in whole_way() if "Set-Cookie" in answer.headers] == []


def test_nothing_personal_is_in_any_address(whole_way):
    for answer in whole_way():
        addresses = [answer.request.url, answer.location or ""]
        addresses += re.findall(r'(?:href|action|formaction|src)="([^"]*)"', answer.text)
        assert [address for address in addresses if PERSONAL.search(address)] == []


def test_no_page_has_a_style_attribute_or_script_in_it(whole_way):
    for answer in whole_way():
        assert not re.search(r"<[^>]+\sstyle=|<style|\son[a-z]+=", answer.text)
        assert re.findall(r"<script(?![^>]*src=)", answer.text) == []


def test_every_id_stands_once_and_every_label_and_link_inside_finds_its_own(whole_way):
    for answer in whole_way():
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        meant = re.findall(r'(?:\sfor="|\sform="|href="#|aria-labelledby="|aria-describedby=")([^"]+)"', answer.text)
        assert sorted(ids) == sorted(set(ids))
        assert {name for several in meant for name in several.split()} <= set(ids)


def test_every_page_protects_itself(whole_way):
    for answer in whole_way():
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        framed_by = "'self' http://localhost" if "/musterstadt/" in answer.request.path else "'none'"
        assert policy.endswith(f"; frame-ancestors {framed_by}")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Permissions-Policy" in answer.headers
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_browsers_on_https_are_told_to_stay_there(with_settings, now):
    client = with_settings(base_url="https://termine.example.de").test_client()
    assert "Strict-Transport-Security" in client.get("/healthz").headers


def test_pages_may_be_shown_again_by_back_but_kept_by_nobody_else(whole_way):
    kept = {answer.headers.get("Cache-Control") for answer in whole_way()}
    assert kept <= {"no-cache, private", "no-store"}


def test_no_get_writes(app, citizen, letter):
    citizen.books()
    behind = ("", "/move", "/cancel", "/checklist", "/confirm", "/undo")
    addresses = [*GETS, CONTACT, *(f"/t/{letter()[0]}{step}" for step in behind)]
    addresses += [f"/musterstadt/{step}" for step in ("book", "time", "pending", "pending/resend", "link/again")]
    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    for address in addresses:
        assert citizen.client.get(address).status_code in {200, 302}
    assert [said for said in statements if not said.lstrip().upper().startswith(("SELECT", "BEGIN", "PRAGMA"))] == []


def test_enter_in_the_address_bar_of_a_step_leads_to_where_it_begins(app, citizen, letter):
    citizen.books()
    token = letter()[0]
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("citizen.")]
    posts = {str(rule) for rule in rules if "POST" in rule.methods}
    assert len(posts) > 10
    for rule in sorted(posts):
        address = rule.replace("<municipality>", "musterstadt").replace("<token>", token)
        answer = citizen.client.get(f"{address}?lang=en", follow_redirects=True)
        assert answer.status_code == 200, address
        assert answer.request.path.startswith(f"/t/{token}" if token in address else "/musterstadt/")
        assert '<html lang="en"' in answer.text
    assert citizen.client.get("/musterstadt/book").location == "/musterstadt/"
    assert citizen.client.get("/api/v1/municipalities/musterstadt/appointments").status_code == 405


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_on_another_site_is_refused(citizen, letter, rows, headers):
    citizen.books()
    for address in (f"/t/{letter()[0]}/confirm", "/musterstadt/book"):
        answer = citizen.client.post(address, data=citizen.typed, headers=headers)
        assert answer.status_code in {400, 403}
        assert "<h1" in answer.text
    assert rows()[0][0] == "pending"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},  # what our own referrer policy makes of it
        {"Origin": "http://localhost"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_forms_are_accepted(citizen, headers):
    answer = citizen.client.post("/musterstadt/time", data=citizen.typed, headers=headers)
    assert answer.status_code == 200


def test_with_the_database_away_every_page_says_come_back(app, citizen, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    start = citizen.starts()[0]
    monkeypatch.setattr(db.session, "execute", away)
    monkeypatch.setattr(db.session, "scalars", away)
    monkeypatch.setattr(db.session, "connection", away)
    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", away)
    for answer in (citizen.client.get("/musterstadt/"), citizen.client.get("/t/abc"), citizen.books(start)):
        assert answer.status_code in {404, 503}
    answer = citizen.client.get("/musterstadt/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "<h1" in answer.text


def test_a_fault_of_ours_is_a_page_that_blames_nobody(app, citizen, monkeypatch):
    app.config |= {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
    monkeypatch.setattr("booking.web.citizen.choosing.find", lambda *_: 1 / 0)
    answer = citizen.client.get("/musterstadt/")
    assert answer.status_code == 500
    assert "<h1" in answer.text
    assert "ZeroDivision" not in answer.text


def test_too_large_a_form_is_refused(citizen):
    answer = citizen.client.post("/musterstadt/time", data=citizen.typed | {"name": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "<h1" in answer.text


def test_below_a_path_every_address_keeps_it(with_settings, town):
    client = with_settings(base_url="http://localhost/amt").test_client()
    assert client.get("/amt/").location == "/amt/musterstadt/"
    page = client.get("/amt/musterstadt/").text
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert addresses
    assert [address for address in addresses if not address.startswith("/amt/")] == []
