"""The page behind the mailed link: what each state offers, and what a GET never does."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from booking.actions.confirm import confirm
from booking.actions.erase_expired import erase_expired
from booking.extensions import db
from booking.models import Concern, Municipality
from tests.builders import NINE, a_booking, an_appointment


@pytest.fixture
def link(citizen, letter):
    """The address of an unconfirmed appointment, on Tuesday at half past eight."""
    citizen.books("2026-11-24T08:30:00+01:00")
    return f"/t/{letter()[0]}"


@pytest.fixture
def firm(citizen, link):
    citizen.client.post(f"{link}/confirm")
    return link


def test_opening_the_link_changes_nothing_and_offers_one_button(citizen, link, rows):
    page = citizen.client.get(link).text
    assert "Bitte bestätigen Sie Ihren Termin" in page
    assert page.count(f'action="{link}/confirm#said"') == 1
    assert rows()[0][0] == "pending"


def test_the_button_books_and_a_second_press_says_the_same(citizen, link, rows):
    for _ in range(2):
        answer = citizen.client.post(f"{link}/confirm")
        assert answer.status_code == 303
        assert "Ihr Termin ist gebucht" in citizen.client.get(answer.location).text
    assert rows()[0][0] == "confirmed"


def test_a_refused_confirmation_does_not_promise_to_book_at_one_click(citizen, link, app):
    promise = "Mit einem Klick ist der Termin gebucht."
    with app.app_context():
        for step in range(3):
            an_appointment(start=NINE + timedelta(minutes=60 + 30 * step))
    assert promise in citizen.client.get(link).text
    page = citizen.client.post(f"{link}/confirm").text
    assert "so viele Termine, wie eine Person haben kann" in page
    assert promise not in page
    assert f'action="{link}/confirm#said"' in page, "it can be pressed again once another one is cancelled"


def test_a_confirmed_appointment_offers_everything_else(citizen, firm):
    page = citizen.client.get(firm).text
    for step in ("move", "cancel", "calendar.ics", "checklist"):
        assert f'href="{firm}/{step}"' in page
    assert "<svg" in page
    assert f'action="{firm}/confirm' not in page


def test_the_calendar_file_is_one_and_carries_no_token(citizen, firm):
    answer = citizen.client.get(f"{firm}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert "BEGIN:VEVENT" in answer.text
    assert firm.removeprefix("/t/") not in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def test_what_is_not_booked_offers_no_calendar_file(citizen, link):
    assert "calendar.ics" not in citizen.client.get(link).text
    assert citizen.client.get(f"{link}/calendar.ics").status_code == 409


def test_the_checklist_can_be_printed_alone(citizen, firm):
    page = citizen.client.get(f"{firm}/checklist").text
    assert "Checkliste für Ihren Termin" in page
    assert "Ausweis" in page


def test_a_discreet_concern_is_not_named_in_print(app, citizen, firm):
    assert "<dt>Wofür</dt>" in citizen.client.get(f"{firm}/checklist").text
    with app.app_context():
        db.session.execute(update(Concern).values(discreet=True))
        db.session.query(Municipality).one().revision += 1
        db.session.commit()
    assert "<dt>Wofür</dt>" not in citizen.client.get(f"{firm}/checklist").text


def test_cancelling_asks_first(citizen, firm, rows):
    assert "wirklich absagen" in citizen.client.get(f"{firm}/cancel").text
    assert rows()[0][0] == "confirmed"
    answer = citizen.client.post(f"{firm}/cancel")
    page = citizen.client.get(answer.location).text
    assert "Sie haben den Termin abgesagt" in page
    assert "concern=personalausweis" in page
    assert rows()[0][0] == "cancelled"


def test_what_is_cancelled_can_no_longer_be_moved_or_confirmed(citizen, firm):
    citizen.client.post(f"{firm}/cancel")
    assert citizen.client.get(f"{firm}/move").location == firm
    assert citizen.client.get(f"{firm}/cancel").location == firm
    assert citizen.client.post(f"{firm}/confirm").status_code == 409
    assert citizen.client.post(f"{firm}/move", data={"start": "2026-11-25T08:30:00+01:00"}).status_code == 409


def test_moving_takes_the_new_time_at_once(citizen, firm):
    page = citizen.client.get(f"{firm}/move?day=2026-11-25&office=buergerbuero")
    start = citizen.starts_in(page)[0]
    assert start.startswith("2026-11-25")
    answer = citizen.client.post(f"{firm}/move", data={"start": start, "office": "buergerbuero"})
    page = citizen.client.get(answer.location).text
    assert "Ihr Termin ist verlegt" in page
    assert "Mittwoch, 25. November 2026" in page


def test_moving_to_a_taken_time_shows_the_nearest_free_ones(app, citizen, firm):
    with app.app_context():
        a_booking(start=datetime.fromisoformat("2026-11-25T08:30:00+01:00"))
    answer = citizen.client.post(f"{firm}/move", data={"start": "2026-11-25T08:30:00+01:00"})
    assert answer.status_code == 409
    assert "nächstgelegenen" in answer.text
    assert "Dienstag, 24. November 2026" in answer.text  # where it still is


@pytest.mark.parametrize("start", ["", "morgen", "2026-11-24T09:01:00+01:00"])
def test_moving_to_what_is_no_time_is_refused(citizen, firm, start):
    assert citizen.client.post(f"{firm}/move", data={"start": start}).status_code == 422


def test_confirming_late_works_while_the_time_is_free(citizen, link, now, rows):
    now.time += timedelta(hours=24, minutes=5)
    assert "trotzdem bestätigen" in citizen.client.get(link).text
    now.time = datetime.fromisoformat("2026-11-24T07:20:00+01:00")
    assert citizen.client.post(f"{link}/confirm").status_code == 303
    assert rows()[0][0] == "confirmed"


def test_confirming_too_late_offers_other_times_and_one_click_books(app, citizen, link, now, rows):
    start = datetime.fromisoformat("2026-11-24T08:30:00+01:00")
    now.time = datetime.fromisoformat("2026-11-24T07:35:00+01:00")  # less than the lead time is left: it has lapsed
    with app.app_context():
        confirm(a_booking(now.time - timedelta(minutes=3), start=start).token, now=now.time)
    answer = citizen.client.post(f"{link}/confirm")
    assert answer.status_code == 410
    start = citizen.starts_in(answer)[0]
    moved = citizen.client.post(f"{link}/move", data={"start": start})
    assert moved.status_code == 303
    assert rows()[0] == ("confirmed", "Anna Beispiel", "anna@example.org")


def test_a_past_appointment_has_no_buttons(citizen, firm, now):
    now.time += timedelta(days=3)
    page = citizen.client.get(firm).text
    assert "Ihr Termin ist vorbei" in page
    assert "<form" not in page
    assert citizen.client.get(f"{firm}/cancel").location == firm
    assert citizen.client.post(f"{firm}/cancel").status_code == 409


@pytest.mark.parametrize("token", ["x", "t" * 60, "ABCD2346789" + "a" * 26, "%00", "ä"])
def test_a_token_that_is_none_gets_a_kind_page(citizen, token):
    for answer in (citizen.client.get(f"/t/{token}"), citizen.client.post(f"/t/{token}/confirm")):
        assert answer.status_code == 404
        assert "Diesen Termin finden wir nicht" in answer.text


def test_an_erased_appointment_gets_the_same_page(app, citizen, firm, now):
    now.time += timedelta(days=60)
    with app.app_context():
        erase_expired(now=now.time)
    assert citizen.client.get(firm).status_code == 404


def test_too_many_appointments_are_told_on_the_page(citizen, letter):
    for number, start in enumerate(citizen.starts()[:4]):
        citizen.typed["key"] = f"6f1c2f64-53f2-4f0e-9d5e-2f3c1b7a9e1{number}"
        citizen.books(start)
        answer = citizen.client.post(f"/t/{letter()[0]}/confirm")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_the_page_speaks_the_language_of_the_booking(citizen, letter):
    start = citizen.starts()[0]
    citizen.client.post("/musterstadt/book?lang=en", data=citizen.typed | {"start": start})
    assert "Please confirm your appointment" in citizen.client.get(f"/t/{letter()[0]}").text
    assert "Bitte bestätigen" in citizen.client.get(f"/t/{letter()[0]}?lang=de").text
