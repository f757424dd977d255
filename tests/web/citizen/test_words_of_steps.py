"""The steps say exactly what is wrong, until when and why."""

import pytest


@pytest.mark.parametrize("quantity", ["0", "99", "100", "zwei"])
def test_a_wrong_quantity_is_named(citizen, quantity):
    answer = citizen.client.get(f"/musterstadt/checklist?concern=personalausweis:{quantity}")
    assert answer.status_code == 422
    assert "eine Anzahl von 1 bis" in answer.text


def test_a_start_off_the_grid_is_named(citizen, letter):
    assert "alle fünf Minuten" in citizen.books("2026-11-24T09:01:00+01:00").text
    citizen.books()
    answer = citizen.client.post(f"/t/{letter()[0]}/move", data={"start": "2026-11-24T09:01:00+01:00"})
    assert "alle fünf Minuten" in answer.text


def test_a_deadline_of_tomorrow_names_its_day(citizen, now):
    assert "bis 07:30" in citizen.books().text
    now.time = now.time.replace(hour=22, minute=50)  # ten minutes before midnight on the town's wall
    page = citizen.books(key="6f1c2f64-53f2-4f0e-9d5e-2f3c1b7a9e11").text
    assert "bis Dienstag, 24. November 2026, 00:20" in page


def test_why_no_letter_is_sent_again_is_tied_to_the_button(citizen):
    secrets = citizen.secrets()
    answers = [citizen.client.post("/musterstadt/pending/resend", data=secrets) for _ in range(5)]
    assert 'id="send-again" aria-describedby="send-again-error"' in answers[-1].text


def test_the_chosen_day_is_not_called_today(citizen):
    page = citizen.times().text
    assert 'aria-current="date"' not in page
    assert 'wf-day--chosen" name="day"' in page


def test_the_last_minute_is_one(citizen):
    assert 'data-last="Noch 1 Minute"' in citizen.books().text


def test_an_umlaut_before_the_at_is_not_called_incomplete(citizen):
    assert "ohne Umlaute vor dem @" in citizen.times(email="änne@example.org").text
