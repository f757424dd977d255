"""Show my data, delete my data: everything is shown, everything goes, and a GET changes nothing."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from booking.extensions import Base, db
from booking.models import Appointment, Cell, DayCount, Letter, Sweep
from tests.builders import NINE


@pytest.fixture
def link(citizen, letter):
    citizen.typed["phone"] = "05071 12345"
    citizen.books("2026-11-24T08:30:00+01:00")
    return f"/t/{letter()[0]}"


@pytest.fixture
def firm(citizen, link):
    citizen.client.post(f"{link}/confirm")
    return link


def left(app, *tables):
    with app.app_context():
        return sum(db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables)


def test_the_appointment_s_page_leads_to_both(citizen, firm):
    page = citizen.client.get(firm).text
    assert f'href="{firm}/data"' in page
    assert f'href="{firm}/erase"' in page


def test_the_page_shows_what_is_stored(app, citizen, firm):
    with app.app_context():
        db.session.execute(sa.update(Appointment).values(note="kommt mit Rollstuhl"))
        db.session.commit()
    page = citizen.client.get(f"{firm}/data").text
    for known in ("Anna Beispiel", "anna@example.org", "05071 12345", "kommt mit Rollstuhl", "E-Mail von uns"):
        assert known in page


def test_of_many_letters_each_stands_below_one_word(app, citizen, firm):
    with app.app_context():
        db.session.execute(sa.update(Letter).values(sent_at=NINE))
        db.session.commit()
    page = citizen.client.get(f"{firm}/data").text
    assert left(app, Letter) > 1
    assert page.count("<dt>E-Mail von uns") == 1
    assert page.count("anna@example.org<br>") == left(app, Letter)


def test_the_file_holds_every_column_of_every_table_that_belongs_to_the_appointment(app, citizen, firm):
    answer = citizen.client.get(f"{firm}/data.json")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    stored = json.loads(answer.text)
    hidden = {"id", "municipality_id", "office_id", "generation"}
    columns = {column.name for column in Base.metadata.tables["appointment"].columns}
    assert set(stored["appointment"][0]) == columns - hidden
    assert {"appointment_concern", "letter", "claim"} <= set(stored)
    assert stored["letter"][0]["address"] == "anna@example.org"


def test_opening_the_question_erases_nothing(app, citizen, firm):
    page = citizen.client.get(f"{firm}/erase").text
    assert "wirklich löschen" in page
    assert "abgesagt" in page
    assert f'action="{firm}/erase"' in page
    assert left(app, Appointment) == 1


def test_the_button_cancels_and_erases_at_once_and_only_a_count_stays(app, citizen, firm):
    answer = citizen.client.post(f"{firm}/erase")
    assert (answer.status_code, answer.location) == (303, "/musterstadt/erased?lang=de")
    assert left(app, Appointment, Letter, Cell) == 0
    with app.app_context():
        counted = db.session.scalars(sa.select(DayCount)).one()
        assert (counted.outcome, counted.appointments) == ("cancelled", 1)
        assert db.session.scalar(sa.select(Sweep.requested)) == 1
    assert "Ihre Daten sind gelöscht" in citizen.client.get(answer.location).text
    assert citizen.client.get(firm).status_code == 404
    assert citizen.client.post(f"{firm}/erase").status_code == 404


def test_the_time_is_free_again(citizen, firm):
    citizen.client.post(f"{firm}/erase")
    assert "2026-11-24T08:30:00+01:00" in citizen.starts()


def test_what_was_never_confirmed_is_erased_too(app, citizen, link):
    assert citizen.client.post(f"{link}/erase").status_code == 303
    assert left(app, Appointment, Letter, Cell) == 0


def test_after_the_appointment_nothing_is_cancelled_any_more(app, citizen, firm, now):
    now.time = NINE + timedelta(hours=6)
    assert "abgesagt, und" not in citizen.client.get(f"{firm}/erase").text
    assert citizen.client.post(f"{firm}/erase").status_code == 303
    with app.app_context():
        assert db.session.scalar(sa.select(DayCount.outcome)) == "unmarked"


def test_while_it_is_going_on_the_counter_needs_the_name(app, citizen, firm, now):
    now.time = NINE - timedelta(minutes=25)
    assert citizen.client.post(f"{firm}/erase").status_code == 409
    assert left(app, Appointment) == 1


def test_whoever_got_the_link_by_a_slip_of_the_staff_sees_and_erases_nothing(app, citizen, firm):
    with app.app_context():
        db.session.execute(sa.update(Appointment).values(channel="phone", address_proven=False))
        db.session.commit()
    assert f'href="{firm}/data"' not in citizen.client.get(firm).text
    for path in ("data", "erase"):
        assert citizen.client.get(f"{firm}/{path}").status_code == 302
    assert citizen.client.get(f"{firm}/data.json").status_code == 409
    assert citizen.client.post(f"{firm}/erase").status_code == 409
    assert left(app, Appointment) == 1


@pytest.mark.parametrize("path", ["data", "data.json", "erase"])
def test_a_link_that_is_none_shows_nothing(citizen, path):
    assert citizen.client.get(f"/t/{'x' * 37}/{path}").status_code == 404


@pytest.mark.parametrize("language", ["en", "de-simple", "uk", "tr", "ar", "ru"])
def test_every_language_has_the_pages(app, citizen, firm, language):
    from booking.models import Municipality

    with app.app_context():
        town = db.session.scalars(sa.select(Municipality)).one()
        town.languages = ["de", language]
        town.revision += 1
        db.session.commit()
    for path in (f"{firm}/data", f"{firm}/erase", "/musterstadt/erased"):
        page = citizen.client.get(f"{path}?lang={language}")
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text
