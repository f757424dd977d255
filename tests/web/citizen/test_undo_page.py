"""Undo on the appointment's page: offered for a minute, by a form, and kindly refused when late."""

import re
from datetime import timedelta

import pytest


@pytest.fixture
def firm(citizen, letter):
    citizen.books("2026-11-24T08:30:00+01:00")
    link = f"/t/{letter()[0]}"
    citizen.client.post(f"{link}/confirm")
    return link


def step_in(page):
    return re.search(r'name="step" value="(\d+)"', page.text)


@pytest.fixture
def after(citizen, firm, request):
    """The page that follows a cancellation or a move."""
    data = {"start": "2026-11-25T08:30:00+01:00"} if request.param == "move" else {}
    return citizen.client.get(citizen.client.post(f"{firm}/{request.param}", data=data).location)


@pytest.mark.parametrize("after", ["cancel"], indirect=True)
def test_a_refusal_without_more_words_leaves_no_empty_box(citizen, firm, after, now):
    now.time += timedelta(minutes=2)
    page = citizen.client.post(f"{firm}/undo", data={"step": step_in(after)[1]}).text
    assert "kern-alert__header" in page
    assert "kern-alert__body" not in page


@pytest.mark.parametrize("after", ["cancel", "move"], indirect=True)
def test_the_page_offers_to_undo_and_says_until_when(citizen, firm, after, rows):
    assert "Eine Minute lang können Sie es rückgängig machen" in after.text
    done = citizen.client.post(f"{firm}/undo", data={"step": step_in(after)[1]})
    assert done.status_code == 303
    page = citizen.client.get(done.location)
    assert "Es bleibt bei diesem Termin" in page.text
    assert "Dienstag, 24. November 2026" in page.text
    assert step_in(page) is None
    assert rows()[0][0] == "confirmed"


@pytest.mark.parametrize("after", ["cancel", "move"], indirect=True)
def test_a_late_undo_is_refused_kindly_and_the_page_shows_what_counts(citizen, firm, after, now):
    now.time += timedelta(minutes=1)
    assert step_in(citizen.client.get(firm)) is None
    answer = citizen.client.post(f"{firm}/undo", data={"step": step_in(after)[1]})
    assert answer.status_code == 409
    assert "nur eine Minute lang" in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("step", ["", "-1", "zwei", "99", "9" * 30, "²"])
@pytest.mark.parametrize("after", ["cancel"], indirect=True)
def test_a_step_that_is_none_undoes_nothing(citizen, firm, after, rows, step):
    assert citizen.client.post(f"{firm}/undo", data={"step": step}).status_code == 409
    assert rows()[0][0] == "cancelled"


def test_reading_the_undo_address_changes_nothing(citizen, firm, rows):
    citizen.client.post(f"{firm}/cancel")
    assert citizen.client.get(f"{firm}/undo").location == firm
    assert rows()[0][0] == "cancelled"
