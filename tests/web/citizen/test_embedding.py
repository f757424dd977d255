"""Who may show the steps on a site of their own."""

import re
from pathlib import Path

import pytest
from flask import g

from booking.actions.browse import open_catalogue
from booking.extensions import db
from booking.models import Municipality, Referral
from booking.web.citizen.embedding import embedding_origins, may_embed
from tests.builders import a_municipality
from tests.web.citizen.conftest import Citizen

HOMEPAGE = "https://www.musterstadt.example"
STRANGER = "https://www.anderswo.example"
CROSS = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
INSIDE = CROSS | {"Sec-Fetch-Site": "same-origin"}
WHY = "Hier kann die Terminbuchung nicht gezeigt werden"
LINK = re.compile(r"<a [^>]*>")
MACRO = re.compile(r"{% macro out\(.*?endmacro %}", re.DOTALL)
TEMPLATES = Path(__file__).parents[3] / "templates" / "citizen"


@pytest.fixture
def framed_town(app, now):
    with app.app_context():
        a_municipality(
            embedding_origins=["https://WWW.musterstadt.example:443"],
            imprint_url="https://www.musterstadt.example/impressum",
            privacy_url="https://www.musterstadt.example/datenschutz",
            website="https://www.musterstadt.example",
        )


@pytest.fixture
def closed_town(app, now):
    with app.app_context():
        a_municipality(slug="kleinstadt")


def framed_by(answer):
    return answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]


def test_a_town_is_embedded_by_its_list_the_installations_and_itself(app, framed_town):
    app.config["EMBEDDING_ORIGINS"] = ("https://neu.example.de",)
    with app.test_request_context():
        g.catalogue = open_catalogue("musterstadt")
        assert embedding_origins() == (HOMEPAGE, "https://neu.example.de", "http://localhost")
        assert may_embed(HOMEPAGE)
        assert not may_embed("https://musterstadt.example")
        assert not may_embed("null")


def test_what_belongs_to_no_town_is_embedded_by_nobody(app):
    with app.test_request_context():
        assert not may_embed("http://localhost")


@pytest.mark.parametrize(
    ("asked", "query", "is_shown", "why"),
    [
        (CROSS | {"Referer": f"{HOMEPAGE}/termin"}, "?frame=1", True, "the homepage"),
        (CROSS | {"Referer": f"{HOMEPAGE}/"}, "", True, "the homepage, with the page around the step"),
        (CROSS | {"Sec-Fetch-Dest": "object", "Referer": f"{HOMEPAGE}/"}, "?frame=1", True, "in an object element"),
        (CROSS | {"Sec-Fetch-Site": "same-site", "Referer": f"{HOMEPAGE}/"}, "?frame=1", True, "a neighbour in DNS"),
        (CROSS | {"Referer": f"{STRANGER}/"}, "?frame=1", False, "a stranger"),
        (CROSS | {"Referer": f"{STRANGER}/"}, "", False, "a stranger who does not ask for the slim view"),
        (CROSS | {"Sec-Fetch-Dest": "embed", "Referer": f"{STRANGER}/"}, "", False, "a stranger's embed element"),
        (CROSS | {"Sec-Fetch-Dest": "frame", "Referer": f"{STRANGER}/"}, "", False, "a stranger's frameset"),
        (CROSS | {"Sec-Fetch-Site": "same-site", "Referer": "https://x.musterstadt.example/"}, "", False, "not listed"),
        (CROSS | {"Referer": "http://www.musterstadt.example/"}, "", False, "the homepage without TLS"),
        (CROSS | {"Referer": "android-app://example/"}, "", False, "an app that names no origin"),
        (CROSS, "?frame=1", True, "no Referer: only the browser can tell, by frame-ancestors"),
        (CROSS | {"Sec-Fetch-Site": "none"}, "?frame=1", True, "loaded again by hand, likewise"),
        (INSIDE, "?frame=1", True, "the next step in a frame: our pages send no Referer"),
        ({}, "?frame=1", True, "an old browser's next step, likewise"),
        ({"Referer": f"{HOMEPAGE}/"}, "?frame=1", True, "the homepage in an old browser"),
        ({"Referer": f"{STRANGER}/"}, "?frame=1", False, "a stranger in an old browser"),
        ({"Referer": f"{STRANGER}/"}, "", True, "a link on another site, in an old browser"),
        (CROSS | {"Sec-Fetch-Dest": "document", "Referer": f"{STRANGER}/"}, "", True, "a link on another site"),
        (CROSS | {"Sec-Fetch-Dest": "document", "Referer": f"{STRANGER}/"}, "?frame=1", True, "a frame's link, alone"),
    ],
)
def test_a_frame_on_a_foreign_site_is_told_why_it_stays_empty(client, framed_town, asked, query, is_shown, why):
    answer = client.get(f"/musterstadt/{query}", headers=asked)
    assert (WHY not in answer.text) is is_shown, why
    assert answer.status_code == (200 if is_shown else 403)
    assert framed_by(answer) == (f"'self' {HOMEPAGE} http://localhost" if is_shown else "*")


def test_where_nobody_may_embed_every_frame_of_others_is_foreign_even_without_referer(client, closed_town):
    assert WHY in client.get("/kleinstadt/?frame=1", headers=CROSS).text
    assert WHY not in client.get("/kleinstadt/?frame=1", headers=INSIDE).text


def test_the_page_that_says_why_leads_out_of_the_frame_to_the_same_step(client, framed_town):
    step = "/musterstadt/checklist?concern=personalausweis:1&office=buergerbuero"
    answer = client.get(f"{step}&frame=1", headers=CROSS | {"Referer": STRANGER})
    links = LINK.findall(answer.text)
    assert all('target="_blank"' in link for link in links if "tel:" not in link and 'href="#' not in link)
    assert any(f'href="{step.replace("&", "&amp;")}"' in link for link in links)
    assert "frame=1" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_strangers_form_is_not_answered_in_his_frame(client, framed_town):
    answer = client.post("/musterstadt/time?frame=1", headers=CROSS | {"Referer": STRANGER}, data={"name": "Anna"})
    assert answer.status_code == 400
    assert "Anna" not in answer.text


@pytest.mark.parametrize("path", ["/", "/gibt/es/nicht", "/readyz", "/api/v1/municipalities", "/frame.js"])
def test_what_belongs_to_no_town_stands_in_no_frame(client, framed_town, path):
    assert framed_by(client.get(path, headers=CROSS | {"Referer": HOMEPAGE})) == "'none'"


def test_a_misspelt_town_says_so_in_its_frame(client, framed_town):
    assert framed_by(client.get("/musterstat/?frame=1", headers=CROSS)) == "*"
    assert framed_by(client.get("/musterstat/?frame=1")) == "'none'"


def test_the_page_behind_a_link_stands_in_no_frame_unless_the_steps_led_there(client, framed_town, letter):
    Citizen(client).books()
    link = f"/t/{letter()[0]}"
    assert framed_by(client.get(link)) == "'none'"
    assert framed_by(client.get(f"{link}?frame=1", headers=CROSS | {"Referer": HOMEPAGE})) == "'none'"
    assert framed_by(client.get(link, headers=INSIDE)) == "'none'"
    assert HOMEPAGE in framed_by(client.get(f"{link}?frame=1", headers=INSIDE))


def test_a_frame_stays_slim_through_every_step(client, framed_town):
    citizen = Citizen(client)
    choice = "concern=personalausweis:1&office=buergerbuero"
    steps = [client.get(f"/musterstadt/{step}frame=1") for step in ("?", f"checklist?{choice}&", f"contact?{choice}&")]
    steps.append(client.post("/musterstadt/time?frame=1", data=citizen.typed))
    start = {"start": citizen.starts_in(steps[-1])[0]}
    steps.append(client.post("/musterstadt/book?frame=1", data=citizen.typed | start))
    for step in steps:
        assert "wf-framed" in step.text
        assert "wf-brand" not in step.text
        inward = re.findall(r'<a (?![^>]*target=)[^>]*href="(/[^"]*)"', step.text)
        inward += re.findall(r'action="(/[^"]*)"', step.text)
        forms = [form for form in re.findall(r"<form.*?</form>", step.text, re.DOTALL) if 'method="get"' in form]
        assert [address for address in inward if "frame=1" not in address] == []
        assert all('name="frame" value="1"' in form for form in forms)


def test_links_that_leave_a_frame_open_a_tab(app, client, framed_town):
    with app.app_context():
        town = db.session.query(Municipality).one()
        facts = {"slug": "kreis", "name": {"de": "Führerschein"}, "who": {"de": "Landkreis"}, "keywords": {}}
        db.session.add(Referral(municipality_id=town.id, url="https://www.kreis.example/", **facts))
        town.revision += 1
        db.session.commit()
    outward = re.compile(r'<a [^>]*href="https?:.*?</a>', re.DOTALL)
    for page in ("", "imprint", "privacy"):
        for view, opens in (("frame=1", True), ("view=fragment", True), ("", False)):
            links = outward.findall(client.get(f"/musterstadt/{page}?{view}").text)
            assert links, (page, view)
            for link in links:
                assert ('target="_blank"' in link) is opens, (page, view)
                assert ("öffnet in einem neuen Tab" in link) is opens, (page, view)
                assert 'rel="noopener"' in link


def test_no_template_writes_a_link_to_another_site_by_hand():
    """The macro parts.out says that it opens a tab, and does so, wherever that is needed."""
    ours = re.compile(r"#|tel:|mailto:|\{\{ (?:url_for\(|wish\(|way\.link|address \}|host \}|request\.)")
    texts = {each.name: MACRO.sub("", each.read_text()) for each in sorted(TEMPLATES.glob("*.html"))}
    links = [(name, link) for name, text in texts.items() for link in re.findall(r"<a\s[^>]*?href=\"[^>]*", text)]
    found = [(name, link) for name, link in links if not ours.match(link.partition('href="')[2])]
    openstreetmap = [(name, link) for name, link in found if "openstreetmap" in link]  # its words name the site, too
    assert [name for name, link in openstreetmap if 'target="_blank" rel="noopener' in link] == ["_visit.html"]
    assert [each for each in found if each not in openstreetmap] == []


def test_a_step_opened_in_a_tab_of_its_own_is_a_whole_page_again(client, framed_town):
    page = client.get("/musterstadt/?frame=1", headers={"Sec-Fetch-Dest": "document"}).text
    assert "wf-brand" in page
    assert "frame=1" not in page


def test_a_frame_tells_its_height_to_listed_origins_only(client, framed_town):
    page = client.get("/musterstadt/?frame=1").text
    assert f'data-origins="{HOMEPAGE} http://localhost"' in page
    assert "framed.js" not in client.get("/musterstadt/").text


def test_the_line_for_the_height_may_be_loaded_by_every_homepage(client):
    answer = client.get("/frame.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
