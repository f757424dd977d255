"""The languages of the pages: chosen by hand, else by the browser; kept, with all that was typed, on every step."""

import re

import pytest

from booking.extensions import db
from booking.models import Municipality
from tests.web.citizen.conftest import HIDDEN


@pytest.mark.parametrize(
    ("address", "accepted", "language"),
    [
        ("/musterstadt/", "", "de"),
        ("/musterstadt/", "en-GB,en;q=0.8", "en"),
        ("/musterstadt/", "fr", "de"),
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
