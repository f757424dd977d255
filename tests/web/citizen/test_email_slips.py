"""A slip in the address is asked about, once, and never in anybody's way."""

import re

TYPED, MEANT = "anna@gmial.com", "anna@gmail.com"


def hidden(page):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))


def test_a_probable_slip_is_asked_about_before_the_times_are_shown(citizen):
    page = citizen.times(email=TYPED)
    assert page.status_code == 200
    assert f"Meinten Sie {MEANT}?" in page.text
    assert f'name="meant" value="{MEANT}"' in page.text
    assert f'id="email" name="email" type="email" dir="ltr" value="{TYPED}"' in page.text
    assert citizen.starts_in(page) == []


def test_one_button_takes_the_suggestion(citizen):
    asked = citizen.times(email=TYPED)
    page = citizen.times(email=TYPED, doubted=hidden(asked)["doubted"], meant=MEANT)
    assert citizen.starts_in(page)
    assert hidden(page)["email"] == MEANT


def test_another_keeps_what_was_typed_and_it_is_not_asked_again(citizen, rows):
    page = citizen.times(email=TYPED, doubted=hidden(citizen.times(email=TYPED))["doubted"])
    assert citizen.starts_in(page)
    kept = hidden(page)
    assert kept["email"] == TYPED
    assert citizen.starts_in(citizen.client.post("/musterstadt/time", data=kept | {"day": "2026-11-25"}))
    citizen.client.post("/musterstadt/book", data=kept | {"start": citizen.starts_in(page)[0]})
    assert rows()[0][2] == TYPED


def test_another_slip_is_asked_about_again(citizen):
    page = citizen.times(email="anna@hotmial.com", doubted=TYPED)
    assert "Meinten Sie anna@hotmail.com?" in page.text


def test_an_address_that_is_none_gets_the_suggestion_beside_the_error(citizen):
    page = citizen.times(email="anna@gmailcom", name="")
    assert page.status_code == 422
    assert f'name="meant" value="{MEANT}"' in page.text
    assert "behalten" not in page.text


def test_a_question_and_its_answer_are_one_booking(citizen, rows):
    start = citizen.starts()[0]
    first = citizen.books(start, email=TYPED, doubted=TYPED)
    again = citizen.books(start, email=TYPED)  # the same order, pressed again from a page before the question
    assert hidden(first)["reference"] == hidden(again)["reference"]
    assert len(rows()) == 1


def test_a_usual_address_is_never_doubted(citizen):
    assert citizen.starts_in(citizen.times(email="anna@gmx.de"))
