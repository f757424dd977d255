"""What is handed over on paper: time, place and checklist in the person's language, and nobody's name."""

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.extensions import db
from booking.models import Appointment, Concern, Municipality
from booking.rules.appointments import Appointment as Booked
from booking.rules.secrets import speakable
from tests.builders import MONDAY, a_booking, a_municipality, an_appointment
from tests.colleagues import a_colleague

HERE = "/staff/musterstadt.buergerbuero"


@pytest.fixture
def booked(app: Flask) -> Booked:
    with app.app_context():
        a_municipality()
        return an_appointment(MONDAY, phone="05071 1234", language="en")


def changed(app: Flask, statement: object) -> None:
    with app.app_context():
        db.session.execute(statement)  # type: ignore[call-overload]  # an UPDATE of some table
        db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()


def test_the_slip_says_when_where_and_what_to_bring_in_the_persons_language(app: Flask, booked: Booked) -> None:
    answer = a_colleague(app, "phone", books_only=True).get(f"{HERE}/appointments/{booked.reference}/slip")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "en"
    for said in (
        "What to bring",
        "24 November 2026",
        "09:00",
        "ID",
        speakable(booked.reference),
        "http://localhost/musterstadt/privacy",
        "05071 809-99",
        "<svg",
    ):
        assert said in answer.text, said
    for private in ("Anna", "anna@example.org", "05071 1234"):
        assert private not in answer.text


def test_a_language_that_the_municipality_does_not_speak_is_german(app: Flask, booked: Booked) -> None:
    changed(app, sa.update(Appointment).values(language="tr"))
    answer = a_colleague(app, "desk").get(f"{HERE}/appointments/{booked.reference}/slip")
    assert "Das bringen Sie mit" in answer.text


def test_a_discreet_concern_is_not_on_the_slip(app: Flask, booked: Booked) -> None:
    desk = a_colleague(app, "desk")
    assert "personalausweis" in desk.get(f"{HERE}/appointments/{booked.reference}/slip").text
    changed(app, sa.update(Concern).values(discreet=True))
    assert "personalausweis" not in desk.get(f"{HERE}/appointments/{booked.reference}/slip").text


def test_what_it_costs_stands_in_one_paragraph_below_the_checklist(app: Flask, booked: Booked) -> None:
    changed(app, sa.update(Concern).values(fee={"text": {"de": "37,00 €", "en": "€37.00"}, "amount": 37}))
    page = a_colleague(app, "desk").get(f"{HERE}/appointments/{booked.reference}/slip").text
    (paragraph,) = [line for line in page.splitlines() if "€37.00" in line]
    assert paragraph.startswith('<p class="pr-slip__small"><strong>')
    assert page.index("What to bring") < page.index(paragraph)


def test_there_is_a_slip_only_of_what_is_booked_here(app: Flask, booked: Booked) -> None:
    with app.app_context():
        a_municipality("anderswo")
    stranger = a_colleague(app, "desk", town="anderswo")
    assert stranger.get(f"{HERE}/appointments/{booked.reference}/slip").status_code == 404
    assert stranger.get(f"/staff/anderswo.buergerbuero/appointments/{booked.reference}/slip").status_code == 404
    desk = a_colleague(app, "desk")
    assert desk.get(f"{HERE}/appointments/{booked.reference}/ticket").status_code in {404, 405}
    assert desk.get(f"{HERE}/walk-ins/{booked.reference}/ticket").status_code == 404
    changed(app, sa.update(Appointment).values(status="cancelled", cancelled_by="citizen"))
    assert desk.get(f"{HERE}/appointments/{booked.reference}/slip").status_code == 404


def test_the_waiting_number_stands_alone_on_its_ticket(app: Flask) -> None:
    with app.app_context():
        a_municipality()
        waiting = a_booking(MONDAY)
    values = {"number": 17, "arrived_at": MONDAY, "name": "Anna Beispiel", "status": "checked_in"}
    changed(app, sa.update(Appointment).values(**values))
    answer = a_colleague(app, "desk").get(f"{HERE}/walk-ins/{waiting.reference}/ticket")
    assert answer.status_code == 200
    assert '<span class="pr-number">17</span>' in answer.text
    assert "23.11.2026, 07:00 Uhr" in answer.text
    assert "Buergerbuero" in answer.text
    assert "Anna" not in answer.text
