"""The languages of the pages: chosen by hand, else by the browser; kept, with all that was typed, on every step."""

import re

import pytest

from booking.extensions import db
from booking.models import Municipality
from booking.rules.languages import LANGUAGES, direction
from tests.pressing import Page
from tests.web.citizen.conftest import HIDDEN


@pytest.mark.parametrize(
    ("address", "accepted", "language"),
    [
        ("/musterstadt/", "", "de"),
        ("/musterstadt/", "en-GB,en;q=0.8", "en"),
        ("/musterstadt/", "fr", "de"),
        ("/musterstadt/", "en;q=0", "de"),  # RFC 9110, section 12.4.2: not acceptable
        ("/musterstadt/?lang=en", "de", "en"),
        ("/musterstadt/?lang=de", "en", "de"),
        ("/musterstadt/?lang=EN", "de", "en"),
        ("/musterstadt/?lang=tlh", "en", "en"),
    ],
)
def test_the_address_beats_the_browser(citizen, address, accepted, language):
    page = citizen.client.get(address, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}" dir="ltr">' in page


def test_a_language_that_the_municipality_does_not_offer_is_not_spoken(app, citizen):
    with app.app_context():
        town = db.session.query(Municipality).one()
        town.languages = ["de"]
        town.revision += 1
        db.session.commit()
    assert '<html lang="de" dir="ltr">' in citizen.client.get("/musterstadt/?lang=en").text


def test_the_mailed_link_does_not_speak_it_either(app, citizen, letter):
    citizen.books()
    with app.app_context():
        town = db.session.query(Municipality).one()
        town.languages = ["de"]
        town.revision += 1
        db.session.commit()
    assert '<html lang="de" dir="ltr">' in citizen.client.get(f"/t/{letter()[0]}?lang=en").text


def test_a_chosen_language_stays_in_every_link_and_form(citizen):
    for page in (
        citizen.client.get("/musterstadt/?lang=en").text,
        citizen.client.get("/musterstadt/checklist?concern=personalausweis&lang=en").text,
        citizen.client.post("/musterstadt/time?lang=en", data=citizen.typed).text,
    ):
        inside = re.findall(r'(?:href|formaction|action)="(/musterstadt[^"]*)"', page)
        inside = [address for address in inside if "lang=de" not in address]
        gets = re.findall(r'<form[^>]*method="get"[^>]*>', page)
        without = [address for address in inside if "lang=en" not in address]
        assert without == []
        assert page.count('type="hidden" name="lang" value="en"') == len(gets)


def test_texts_without_a_translation_carry_their_own_language(citizen):
    page = citizen.client.get("/musterstadt/?lang=en").text
    assert '<span lang="de" dir="ltr">Stadt Musterstadt</span>' in page


def test_dates_and_times_are_written_as_the_language_does(citizen):
    page = citizen.client.post("/musterstadt/time?lang=en", data=citizen.typed | {"day": "2026-11-24"}).text
    assert "Tuesday, 24 November 2026" in page
    assert "Uhr" not in page


def switches(page):
    """Every way of a page to another language: (whether it is a link, its address)."""
    links = re.findall(r'<a class="wf-language" href="([^"]+)"', page.text)
    buttons = re.findall(r'<button class="wf-language"[^>]*formaction="([^"]+)"', page.text)
    return [(True, address) for address in links] + [(False, address) for address in buttons]


def test_every_answer_to_a_form_can_be_read_in_another_language(citizen, letter):
    first, second = citizen.starts()[:2]
    secrets = citizen.secrets(citizen.books(first))
    link = f"/t/{letter()[0]}"
    answers = [citizen.books(second), citizen.client.post("/musterstadt/pending", data=secrets | {"holder": "x"})]
    answers += [citizen.books(concern="gibt-es-nicht"), citizen.client.post("/musterstadt/link", data={})]
    citizen.client.post(f"{link}/confirm")
    answers.append(citizen.client.post("/musterstadt/pending", data=secrets))
    citizen.client.post(f"{link}/cancel")
    answers.append(citizen.client.post(f"{link}/confirm"))
    for answer in answers:
        found = switches(answer)
        assert found
        sent = dict(HIDDEN.findall(answer.text))
        for is_link, address in found:
            again = citizen.client.get(address) if is_link else citizen.client.post(address, data=sent)
            assert (address, again.status_code) == (address, 200)


def test_asking_again_in_another_language_holds_no_second_time(citizen, rows):
    first, second = citizen.starts()[:2]
    citizen.books(first)
    page = citizen.books(second)
    english = citizen.client.post(switches(page)[0][1], data=dict(HIDDEN.findall(page.text)))
    assert '<html lang="en" dir="ltr">' in english.text
    assert f'name="start" value="{second}"' in english.text
    assert len(rows()) == 1


def test_of_what_a_town_offers_the_browser_s_next_best_language_is_spoken(citizen):
    page = citizen.client.get("/musterstadt/", headers={"Accept-Language": "uk,en;q=0.8,de;q=0.5"}).text
    assert '<html lang="en" dir="ltr">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_and_refusal_names_its_language_and_direction(app, citizen, language):
    offer(app, *LANGUAGES)
    for address in ("/musterstadt/?", "/musterstadt/checklist?concern=gibt-es-nicht&", "/nirgends/?"):
        answer = citizen.client.get(f"{address}lang={language}")
        assert f'<html lang="{language}" dir="{direction(language)}">' in answer.text
        assert answer.headers["Content-Language"] == language
    refused = citizen.client.get("/api/v1/municipalities/nirgends/offices", query_string={"lang": language})
    assert refused.headers["Content-Language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choice_is_the_town_s(app, citizen, language):
    offer(app, "de", language)
    shown = Page(citizen.client.get("/musterstadt/?lang=de").text).languages
    assert set(shown) == {language} - {"de"}


def test_a_translation_that_nobody_proof_read_says_so_with_the_number_to_call(app, citizen):
    offer(app, "de", "en", "de-simple", proofread=["de", "en"])
    notes = {
        tag: citizen.client.get("/musterstadt/", query_string={"lang": tag}).text for tag in ("de", "en", "de-simple")
    }
    assert {tag: "wf-unchecked" in page for tag, page in notes.items()} == {"de": False, "en": False, "de-simple": True}
    assert "05071 809-99" in notes["de-simple"].partition("wf-unchecked")[2].partition("</p>")[0]


def offer(app, *tags, proofread=("de",)):
    with app.app_context():
        town = db.session.query(Municipality).one()
        town.languages, town.proofread = list(tags), list(proofread)
        town.revision += 1
        db.session.commit()
