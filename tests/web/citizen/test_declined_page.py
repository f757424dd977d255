"""The page of an appointment that its citizen's calendar has declined: it asks, and nothing is cancelled by looking."""

import pytest
from sqlalchemy import select

from booking.extensions import db
from booking.models import Appointment
from booking.rules.lifecycle import Status
from tests.builders import MONDAY

QUESTION = "Möchten Sie diesen Termin absagen?"


@pytest.fixture
def link(citizen, letter):
    citizen.books("2026-11-24T08:30:00+01:00")
    found = f"/t/{letter()[0]}"
    citizen.client.post(f"{found}/confirm")
    return found


@pytest.fixture
def declined(app, link):
    with app.app_context():
        row = the_row()
        row.declined_at, row.declined_sequence = MONDAY, row.sequence
        db.session.commit()
    return link


def the_row():
    return db.session.scalars(select(Appointment)).one()


def test_who_has_declined_nothing_is_not_asked(citizen, link):
    assert QUESTION not in citizen.client.get(link).text


def test_the_page_asks_leads_to_the_button_and_cancels_nothing_by_itself(app, citizen, declined):
    page = citizen.client.get(declined).text
    assert QUESTION in page
    assert f'href="{declined}/cancel"' in page
    with app.app_context():
        assert the_row().status == Status.CONFIRMED


def test_who_moved_it_since_is_not_asked_about_the_old_time(app, citizen, declined):
    with app.app_context():
        the_row().sequence += 1
        db.session.commit()
    assert QUESTION not in citizen.client.get(declined).text


@pytest.mark.parametrize("page", ["", "/cancel"])
def test_who_comes_all_the_same_says_so_with_one_click_and_staff_see_no_decline_any_more(app, citizen, declined, page):
    assert f'action="{declined}/keep#said"' in citizen.client.get(declined + page).text
    assert citizen.client.get(f"{declined}/keep").location == declined  # looking is not saying
    with app.app_context():
        assert the_row().declined_at == MONDAY
    done = citizen.client.post(f"{declined}/keep")
    assert done.status_code == 303
    shown = citizen.client.get(done.location).text
    assert "Wir haben notiert, dass Sie kommen." in shown
    assert QUESTION not in shown
    with app.app_context():
        row = the_row()
        assert (row.status, row.declined_at, row.declined_sequence) == (Status.CONFIRMED, None, None)


def test_what_was_cancelled_meanwhile_is_not_kept(app, citizen, declined):
    citizen.client.post(f"{declined}/cancel")
    assert citizen.client.post(f"{declined}/keep").status_code == 409
    with app.app_context():
        assert the_row().status == Status.CANCELLED
