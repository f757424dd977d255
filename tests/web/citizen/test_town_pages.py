"""A municipality's own face: what it looks like, who answers for it, what it stores and for how long."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from booking.actions.keys import NETWORK_KEYS_LIVE
from booking.actions.load_catalogue import load_catalogue
from booking.actions.tombstones import LONGEST_BACKUP
from booking.extensions import Base, db
from booking.models import Municipality
from booking.web.citizen.legal import GAPS, TOLD
from tests.builders import MONDAY, a_municipality
from tests.catalogue.samples import FOLDER, SCHWARMSTEDT

PAGES = ("imprint", "privacy", "accessibility")
EVERY_STEP = ("/musterstadt/", "/musterstadt/checklist?concern=personalausweis", "/musterstadt/link", "/t/dead")
STAFF = (
    "login",
    "day_sheet.",
    "feed.",
    "municipality.",
    "office.",
    "clerk.",
)  # what is kept of the people who work there
CONTACT = {"name": {"de": "Stelle & Co."}, "email": "stelle@example.org", "phone": "0511 1"}
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>'
LOGO = {"file": "a.svg", "digest": "abc", "alt": {"de": "Wappen"}, "kind": "image/svg+xml"}
COLOUR = "#1a5f3c"


@pytest.fixture
def changed(app, citizen) -> Callable[..., Any]:
    """Return what changes the municipality as an editor would, and gives back the client."""

    def change(**fields: Any) -> Any:
        with app.app_context():
            row = db.session.query(Municipality).one()
            for name, value in fields.items():
                setattr(row, name, value)
            row.revision += 1
            db.session.commit()
        return citizen.client

    return change


@pytest.fixture
def dressed(changed):
    return changed(logo=LOGO, logo_content=DRAWING, colour=COLOUR)


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# --- logo and colour ---


def test_the_logo_stands_in_the_header_with_what_it_shows(dressed):
    page = dressed.get("/musterstadt/").text
    assert '<img class="wf-brand__logo" src="/musterstadt/logo?v=abc" alt="Wappen">' in page
    assert "wf-brand__mark" not in page


def test_without_a_logo_there_is_our_mark_and_nothing_is_asked_for(citizen):
    page = citizen.client.get("/musterstadt/").text
    assert "wf-brand__mark" in page
    assert "/logo" not in page
    assert "theme.css" not in page
    assert citizen.client.get("/musterstadt/logo").status_code == 404
    assert citizen.client.get("/musterstadt/theme.css").text == ""


def test_the_logo_is_kept_for_a_year_under_its_own_address_only(dressed):
    answer = dressed.get("/musterstadt/logo?v=abc")
    assert answer.data == DRAWING
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in dressed.get("/musterstadt/logo?v=old").headers["Cache-Control"]


def test_a_logo_that_is_opened_directly_can_do_nothing(dressed):
    headers = dressed.get("/musterstadt/logo?v=abc").headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_colour_comes_as_a_sheet_that_is_kept_and_replaces_kerns(dressed):
    (address,) = [link for link in links(dressed.get("/musterstadt/").text) if "theme.css" in link]
    answer = dressed.get(address)
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert f":root, :host {{ --wf-theme-line: {COLOUR}; --wf-theme-light: {COLOUR};" in answer.text
    assert ":root { --kern-color-action-default: var(--wf-theme-light); }" in answer.text
    assert "prefers-color-scheme: dark" in answer.text


def test_a_fragment_names_the_colour_for_the_widget(dressed, citizen):
    assert 'data-town-sheet="/musterstadt/theme.css?v=' in dressed.get("/musterstadt/?view=fragment").text


def test_a_misspelt_municipality_is_told_to_the_widget_on_any_site(citizen):
    headers = {"Origin": "https://www.example.org", "Sec-Fetch-Site": "cross-site"}
    answer = citizen.client.get("/musterstat/?view=fragment", headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_another_colour_has_another_address(dressed, changed):
    before = links(dressed.get("/musterstadt/").text)
    after = links(changed(colour="#123456").get("/musterstadt/").text)
    assert len({link for link in before + after if "theme.css" in link}) == 2


def test_a_widget_on_another_site_may_fetch_logo_and_colour(dressed):
    for address in ("/musterstadt/logo?v=abc", "/musterstadt/theme.css"):
        assert dressed.get(address).headers["Access-Control-Allow-Origin"] == "*"


def test_the_address_of_logo_and_colour_does_not_change_with_the_language(dressed):
    def own(page: str) -> set[str]:
        return {link for link in links(page) if "theme.css" in link or "/logo" in link}

    assert own(dressed.get("/musterstadt/?lang=en").text) == own(dressed.get("/musterstadt/?lang=de").text)


# --- the list of all ---


def with_towns(app, count: int) -> None:
    with app.app_context():
        for number in range(count):
            a_municipality(f"ort-{number}", name={"de": f"Gemeinde Ort{number}"})


def test_the_only_municipality_is_gone_to(citizen):
    assert citizen.client.get("/").location == "/musterstadt/"


def test_several_are_listed_with_name_and_logo_and_not_searched(app, dressed):
    with_towns(app, 2)
    page = dressed.get("/").text
    assert "Stadt Musterstadt" in page
    assert 'href="/ort-1/"' in page
    assert 'src="/musterstadt/logo?v=abc"' in page
    assert 'type="search"' not in page


def test_many_can_be_searched(app, citizen):
    with_towns(app, 9)
    assert 'type="search"' in citizen.client.get("/").text
    found = citizen.client.get("/?q=MUSTER").text
    assert 'href="/musterstadt/"' in found
    assert 'href="/ort-1/"' not in found
    both = citizen.client.get("/?q=Gemeinde+Ort3").text  # every word counts
    assert 'href="/ort-3/"' in both
    assert 'href="/ort-1/"' not in both
    assert "Keine Gemeinde heißt „xyz“." in citizen.client.get("/?q=xyz").text


# --- who answers for it ---


@pytest.mark.parametrize("address", EVERY_STEP)
def test_every_page_leads_to_imprint_privacy_and_accessibility(citizen, address):
    found = links(citizen.client.get(address).text)
    assert {f"/musterstadt/{page}" for page in PAGES} <= set(found)


@pytest.mark.parametrize("page", PAGES)
def test_each_is_a_fragment_too_and_keeps_the_language(citizen, page):
    fragment = citizen.client.get(f"/musterstadt/{page}?view=fragment&lang=en").text
    assert "<html" not in fragment
    assert "<h1" not in fragment
    assert "<h2" in fragment
    assert "/musterstadt/privacy?lang=en" in fragment


@pytest.mark.parametrize("page", PAGES)
def test_each_leads_to_nothing_that_is_dead(citizen, page):
    here = [link for link in links(citizen.client.get(f"/musterstadt/{page}").text) if link.startswith("/musterstadt")]
    assert here
    assert {citizen.client.get(link.replace("&amp;", "&")).status_code for link in here} == {200}


def test_the_imprint_names_who_is_responsible_and_who_supervises(changed):
    body = {**CONTACT, "address": {"street": "Markt 1", "postal_code": "29690", "city": "Musterstadt"}}
    more = {"represented_by": {"de": "die Bürgermeisterin"}, "vat_id": "DE123456789", "supervision": CONTACT}
    page = words(changed(responsible=body | more).get("/musterstadt/imprint").text)
    for word in ("Markt 1", "29690 Musterstadt", "Vertreten durch die Bürgermeisterin.", "DE123456789", "Aufsicht"):
        assert word in page


def test_an_address_keeps_its_order_between_arabic_words(changed):
    body = {**CONTACT, "address": {"street": "Markt 1", "postal_code": "29690", "city": "Musterstadt"}}
    page = changed(responsible=body, languages=["de", "ar"]).get("/musterstadt/imprint?lang=ar").text
    assert '<bdi dir="ltr">Markt 1</bdi><br><bdi dir="ltr">29690 Musterstadt</bdi>' in page


def test_a_municipality_that_names_nobody_answers_itself_and_links_its_own_imprint(changed):
    page = changed(imprint_url="https://www.example.org/impressum").get("/musterstadt/imprint").text
    assert "Stadt Musterstadt" in page
    assert "Am Markt 1" in page
    assert "https://www.example.org/impressum" in links(page)


# --- the privacy notice ---


def test_the_notice_tells_of_every_column_that_holds_something_of_a_citizen():
    personal = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.info.get("personal")
    }
    assert {name for name in personal if not name.startswith(STAFF)} == frozenset().union(*TOLD.values())


def test_the_notice_has_a_sentence_for_everything_it_means_to_tell(citizen):
    page = citizen.client.get("/musterstadt/privacy").text
    told = re.search(r'<dl class="wf-facts wf-told">(.*?)</dl>', page, re.DOTALL)
    items = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", told[1])
    assert len(items) == len(TOLD)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"unconfirmed": 1}, "1 Tag nach Ablauf der Zeit zum Bestätigen"),
        ({"unconfirmed": 3}, "3 Tage nach Ablauf der Zeit zum Bestätigen"),
        ({"unconfirmed": 0}, "nur bis die Zeit zum Bestätigen abgelaufen ist"),
        ({"cancelled": 14}, "14 Tage nach der Absage"),
        ({"cancelled": 0}, "nur bis zur Absage"),
        ({"past": 90}, "90 Tage nach dem Termin"),
        ({"past": 1}, "1 Tag nach dem Termin"),
        ({"past": 0}, "nur bis zum Ende des Termins"),
    ],
)
def test_the_notice_changes_with_the_retention(changed, days, said):
    before = words(changed(retention={"unconfirmed": 2, "cancelled": 2, "past": 2}).get("/musterstadt/privacy").text)
    after = words(
        changed(retention={"unconfirmed": 2, "cancelled": 2, "past": 2, **days}).get("/musterstadt/privacy").text
    )
    assert said not in before
    assert said in after


def test_the_notice_says_what_stays_of_somebody_who_erased_everything(citizen):
    told = words(citizen.client.get("/musterstadt/privacy").text)
    assert f"{LONGEST_BACKUP.days} Tage lang die Terminnummer ohne Namen" in told
    assert "bleibt noch höchstens zwei Stunden" in told


def test_the_notice_says_how_long_the_key_of_networks_really_lives(citizen, monkeypatch):
    assert "nach 48 Stunden" in words(citizen.client.get("/musterstadt/privacy").text)
    monkeypatch.setattr("booking.web.citizen.legal.NETWORK_KEYS_LIVE", NETWORK_KEYS_LIVE / 48)
    assert "nach 1 Stunde;" in words(citizen.client.get("/musterstadt/privacy").text)


def test_the_notice_names_officer_and_authority(changed):
    officer, authority = CONTACT | {"name": {"de": "Beauftragte"}}, CONTACT | {"name": {"de": "Landesamt"}}
    page = changed(data_protection={"officer": officer, "authority": authority}).get("/musterstadt/privacy").text
    assert "Beauftragte" in page
    assert "Landesamt" in page
    assert "mailto:stelle@example.org" in page


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 Tag danach."), (30, "30 Tage danach."), (0, "Danach löschen wir sie.")]
)
def test_the_contact_step_says_the_same_as_the_notice(changed, days, said):
    client = changed(retention={"past": days})
    assert said in client.get("/musterstadt/contact?concern=personalausweis&office=buergerbuero").text


def test_the_contact_step_leads_to_the_notice(citizen):
    page = citizen.client.get("/musterstadt/contact?concern=personalausweis&office=buergerbuero").text
    assert 'href="/musterstadt/privacy">Datenschutz</a></p>' in page


# --- the accessibility statement ---


def test_the_statement_says_what_it_follows_when_and_what_is_missing(changed):
    facts = {"assessed": "2026-11-22", "feedback": CONTACT, "conciliation": CONTACT | {"url": "https://x.example.org"}}
    page = changed(accessibility=facts).get("/musterstadt/accessibility").text
    for word in ("NBGG", "NBITVO", "EN 301 549", "weitgehend vereinbar", "§ 9d", "Sonntag, 22. November 2026"):
        assert word in page
    assert page.count("mailto:stelle@example.org") == 2
    assert "https://x.example.org" in links(page)
    for gap in GAPS:
        assert str(gap.sentence) in page


def test_sign_language_and_easy_read_are_named_as_missing():
    assert {"sign-language", "easy-read"} <= {gap.id for gap in GAPS}


# --- where nothing is found ---


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/t/dead", 404),
        ("/gibt/es/nicht", 404),
        ("/musterstadt/nichts", 404),
        ("/weg/", 404),
    ],
)
def test_a_dead_end_has_phone_imprint_lost_link_and_languages(citizen, path, status):
    answer = citizen.client.get(path)
    assert answer.status_code == status
    found = links(answer.text)
    assert "tel:+49507180999" in found
    assert {"/musterstadt/link", "/musterstadt/imprint", f"{path}?lang=en"} <= set(found)
    english = citizen.client.get(f"{path}?lang=en")
    assert '<html lang="en"' in english.text
    assert "/musterstadt/imprint?lang=en" in links(english.text)


def test_in_a_frame_a_dead_end_stays_slim_in_every_language(citizen):
    found = links(citizen.client.get("/musterstadt/nichts?frame=1", headers={"Sec-Fetch-Dest": "iframe"}).text)
    assert "/musterstadt/nichts?frame=1&amp;lang=en" in found


def test_after_a_form_of_a_dead_link_the_languages_lead_to_its_page(citizen):
    assert "/t/dead?lang=en" in links(citizen.client.post("/t/dead/confirm").text)


def test_with_several_municipalities_a_dead_link_belongs_to_none(app, citizen):
    with_towns(app, 1)
    assert "/imprint" not in citizen.client.get("/t/dead").text
    assert "/musterstadt/imprint" in citizen.client.get("/musterstadt/nichts").text
    assert 'href="/"' in citizen.client.get("/t/dead").text


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", '/"><script>'])
def test_no_address_that_was_made_up_leads_away(citizen, path):
    page = citizen.client.get("/", environ_overrides={"PATH_INFO": path}).text
    assert "<script>" not in page
    for link in links(page):
        assert not re.match(r"[/\\]{2}|https?://evil", link), link


# --- the first user's ---


def test_schwarmstedts_pages_are_whole(app, client, now):
    with app.app_context():
        load_catalogue(SCHWARMSTEDT.encode(), FOLDER, now=MONDAY)
    assert client.get(re.search(r'src="([^"]+/logo[^"]+)"', client.get("/schwarmstedt/").text)[1]).status_code == 200
    for page in PAGES:
        for language in ("de", "en"):
            text = words(client.get(f"/schwarmstedt/{page}?lang={language}").text)
            assert "None" not in text
            assert "Schwarmstedt" in text
