"""Running an office: who may, what a form says, and that nothing typed is lost."""

from datetime import timedelta

import pytest
from flask import Flask

from booking import clock
from booking.extensions import db
from booking.models import Absence
from tests.builders import a_municipality, an_office
from tests.colleagues import Colleague, a_colleague

HERE = "/staff/musterstadt.buergerbuero"


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        an_office(a_municipality(), "standesamt")
        db.session.commit()
    return app


@pytest.fixture
def mia(town: Flask) -> Colleague:
    return a_colleague(town, "manager", name="mia")


@pytest.mark.parametrize("role", ["desk", "phone"])
def test_neither_desk_nor_phone_runs_an_office(town: Flask, role: str) -> None:
    colleague = a_colleague(town, role)
    assert colleague.get(f"{HERE}/absences").status_code == 403
    assert colleague.post(f"{HERE}/absences/now", {"clerk": "platz1"}).status_code == 403


def test_who_manages_one_office_does_not_see_the_pages_of_another(town: Flask) -> None:
    head = a_colleague(town, "manager", office="standesamt")
    assert head.get("/staff/musterstadt.standesamt/absences").status_code == 200
    assert head.get(f"{HERE}/absences").status_code == 403


def test_one_button_lets_a_clerk_be_away_from_now_on(mia: Colleague, town: Flask) -> None:
    answer = mia.post(f"{HERE}/absences/now", {"clerk": "platz1", "until": "today"}, follow_redirects=True)
    assert "Die Abwesenheit ist eingetragen." in answer.text
    assert "Ab jetzt wieder da" in answer.text
    with town.app_context():
        (row,) = db.session.scalars(db.select(Absence)).all()
        assert row.start <= clock.now() < row.end


def test_a_faulty_date_loses_nothing_that_was_typed(mia: Colleague) -> None:
    typed = {"clerk": "platz1", "first": "2026-13-01", "last": "2027-01-04", "start": "09:30"}
    answer = mia.post(f"{HERE}/absences", typed)
    assert answer.status_code == 422
    assert "Das ist kein Datum." in answer.text
    for kept in ('value="platz1" checked', 'value="2027-01-04"', 'value="09:30"'):
        assert kept in answer.text


def test_days_of_absence_read_as_people_say_them(mia: Colleague) -> None:
    day = clock.now().date() + timedelta(days=9)
    mia.post(f"{HERE}/absences", {"clerk": "platz1", "first": str(day), "last": str(day + timedelta(days=1))})
    page = mia.get(f"{HERE}/absences").text
    assert f"{day.day}. " in page
    assert "Löschen" in page
