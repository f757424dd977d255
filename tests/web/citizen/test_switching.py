"""Another language on every step: what was chosen and typed is still there, and nothing was done by the way."""

import pytest

from tests.pressing import Page, switch

CHECKLIST = "/musterstadt/checklist?concern=personalausweis:1"
CONTACT = "/musterstadt/contact?concern=personalausweis:1&office=buergerbuero"


def fields(page, form="step"):
    return dict(Page(page.text).forms[form].fields)


def is_english(page):
    return '<html lang="en" dir="ltr">' in page.text


def test_a_search_that_was_not_sent_yet_is_kept(citizen):
    page = citizen.client.get("/musterstadt/?concern=personalausweis:1&lang=de")
    english = switch(citizen.client, page, "en", q="umziehen")
    assert is_english(english)
    kept = {"concern": "personalausweis:1", "office": "buergerbuero", "q": "umziehen", "lang": "en"}
    assert fields(english) == kept


def test_a_quantity_that_was_not_applied_yet_is_kept(citizen):
    english = switch(citizen.client, citizen.client.get(CHECKLIST), "en", concern="personalausweis:3")
    assert is_english(english)
    assert fields(english, "choice")["concern"] == "personalausweis:3"


@pytest.mark.parametrize("reached", ["by a link", "by a form that was wrong"])
def test_what_was_typed_about_a_person_is_kept(citizen, reached):
    page = citizen.client.get(CONTACT) if reached == "by a link" else citizen.times(email="falsch")
    english = switch(citizen.client, page, "en", name="Anna", email="an", phone="0")
    assert is_english(english)
    assert fields(english) | {"name": "Anna", "email": "an", "phone": "0"} == fields(english)
    assert "en" not in english.request.path


def test_the_chosen_day_is_kept(citizen):
    page = citizen.times(day="2026-11-26")
    assert fields(page)["day"] == "2026-11-26"
    english = switch(citizen.client, page, "en")
    assert is_english(english)
    assert fields(english)["day"] == "2026-11-26"
    assert fields(english)["name"] == "Anna Beispiel"


def test_a_day_s_button_beats_the_day_that_is_shown(citizen):
    page = citizen.times(day=["2026-11-26", "2026-11-24"])
    assert fields(page)["day"] == "2026-11-24"


def test_a_typed_code_and_a_typed_address_are_kept(citizen):
    english = switch(citizen.client, citizen.books(), "en", code="12", email="anna@example.net")
    assert is_english(english)
    assert fields(english) | {"code": "12", "email": "anna@example.net"} == fields(english)
    assert '<details class="wf-details" open>' in english.text


def test_enter_in_the_address_s_field_corrects_the_address(citizen, rows):
    page = citizen.books()
    form = Page(page.text).forms["step"]
    sent = dict(form.fields) | {"email": "anna@example.net"}
    answer = citizen.client.post(form.action, data=sent)
    assert "Die E-Mail geht an die neue Adresse" in answer.text
    assert rows()[0][2] == "anna@example.net"


def test_a_lost_link_is_asked_for_only_by_its_own_button(citizen, letter):
    page = citizen.client.get("/musterstadt/link?reference=ABC-DEFG")
    english = switch(citizen.client, page, "en", email="anna@example.org")
    assert is_english(english)
    assert fields(english) == {"reference": "ABC-DEFG", "email": "anna@example.org"}


def test_after_asking_for_a_lost_link_the_languages_lead_to_its_form(citizen):
    sent = citizen.client.post("/musterstadt/link", data={"email": "anna@example.org"})
    english = switch(citizen.client, sent, "en")
    assert english.request.path == "/musterstadt/link"
    assert is_english(english)


def test_the_day_to_move_to_is_kept(citizen, letter):
    citizen.books()
    link = f"/t/{letter()[0]}"
    citizen.client.post(f"{link}/confirm")
    page = citizen.client.get(f"{link}/move?day=2026-11-26")
    english = switch(citizen.client, page, "en")
    assert is_english(english)
    assert fields(english)["day"] == "2026-11-26"


def test_enter_never_presses_a_language(citizen):
    """It presses the first button in the document that belongs to the field's form."""
    steps = [citizen.client.get(address) for address in ("/musterstadt/", CHECKLIST, CONTACT, "/musterstadt/link")]
    for page in (*steps, citizen.times(), citizen.books()):
        for form in Page(page.text).forms.values():
            assert "formaction" not in (form.first_button or {})
            assert (form.first_button or {}).get("name") != "lang"
