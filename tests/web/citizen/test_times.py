"""The time step: days, times, and what to do where there are none."""

import re
from datetime import datetime

import pytest
from sqlalchemy import update

from booking.actions import find_starts
from booking.extensions import db
from booking.models import Block, Concern, ConcernOffice, Municipality, Office
from tests.builders import a_booking, a_clerk, an_office
from tests.web.citizen.conftest import HIDDEN


def open_another_office() -> None:
    town = db.session.query(Municipality).one()
    other = an_office(town, "nebenstelle")
    a_clerk(town, other, "platz2")
    concern = db.session.query(Concern).filter_by(slug="personalausweis").one()
    concern.offices.append(ConcernOffice(office_id=other.id))
    town.revision += 1
    db.session.commit()


@pytest.fixture
def full(app, citizen):
    """The office has no free time; another one has."""
    with app.app_context():
        office = db.session.query(Office).one()
        office.opening_hours = {"0": [["08:30", "12:00"]]}
        db.session.execute(update(Block).values(kind="staff"))
        open_another_office()
    return citizen


def test_where_nothing_is_free_stand_the_number_its_hours_and_the_other_offices(full):
    page = full.times().text
    (alert,) = re.findall(r'<div class="kern-alert kern-alert--info.*?</section>', page, re.DOTALL)
    assert 'href="tel:+49507180999"' in alert
    assert "Mo: 08:30–12:00" in alert
    assert "Nebenstelle" in alert
    assert "Mo., 23. Nov., 08:30" in alert


def test_another_office_is_one_button_away_and_nothing_is_typed_twice(full):
    kept = dict(HIDDEN.findall(full.times(phone="05071 1").text))
    page = full.client.post("/musterstadt/time", data=kept | {"other_office": "nebenstelle"})
    assert full.starts_in(page)
    assert dict(HIDDEN.findall(page.text)) | {"day": ""} == kept | {"office": "nebenstelle", "day": ""}


def test_today_and_tomorrow_are_called_so(citizen):
    page = citizen.times().text
    assert ">Heute, Montag, 23. November 2026</h2>" in page
    assert '<span class="kern-sr-only">Morgen, Dienstag, 24. November 2026, </span>' in page
    assert '<span class="kern-sr-only">Mittwoch, 25. November 2026, </span>' in page


def test_one_turns_from_day_to_day_and_sees_how_many_times_each_has(citizen):
    page = citizen.times(day="2026-11-27").text
    times = len(citizen.starts(day="2026-11-27"))
    assert f"{times} freie Zeiten" in page
    assert re.search(r'name="day" value="2026-11-26"[^>]*>.*Früher: Do., 26. Nov.', page)
    assert re.search(r'name="day" value="2026-11-30"[^>]*>.*Später: Mo., 30. Nov.', page)


def test_the_first_day_has_no_earlier_one(citizen):
    assert "Früher:" not in citizen.times().text
    assert "Später:" not in citizen.times(day="2099-01-01").text


@pytest.fixture
def looked(monkeypatch):
    """Return what was worked out anew, not taken from what is kept."""
    seen = []
    original = find_starts._find
    monkeypatch.setattr(find_starts, "_find", lambda *args, **named: seen.append(args) or original(*args, **named))
    return seen


@pytest.mark.parametrize("step", ["checklist?concern=personalausweis", "time"])
def test_a_view_looks_for_free_times_once(citizen, looked, step):
    if step == "time":
        citizen.times()
    else:
        citizen.client.get(f"/musterstadt/{step}")
    assert len(looked) == 1


def test_a_time_that_is_taken_is_answered_by_one_look_for_free_times(app, citizen, looked):
    start = citizen.starts()[0]
    with app.app_context():
        a_booking(start=datetime.fromisoformat(start))
    looked.clear()
    assert "nächstgelegenen" in citizen.books(start).text
    assert len(looked) == 1


@pytest.mark.parametrize("step", ["checklist?concern=personalausweis", "time"])
def test_a_catalogue_that_is_loaded_while_a_page_is_made_does_not_break_it(app, citizen, monkeypatch, step):
    """An office that is new in it was not there when the choice was read."""
    original = find_starts.state_of

    def loaded_meanwhile(slug):
        open_another_office()
        return original(slug)

    monkeypatch.setattr(find_starts, "state_of", loaded_meanwhile)
    answer = citizen.times() if step == "time" else citizen.client.get(f"/musterstadt/{step}")
    assert answer.status_code == 200


@pytest.mark.parametrize("step", ["", "checklist?concern=personalausweis", "contact?concern=personalausweis", "time"])
def test_every_step_says_near_its_top_how_to_do_without_email(citizen, step):
    page = (citizen.times() if step == "time" else citizen.client.get(f"/musterstadt/{step}")).text
    line = re.search(r'<p class="wf-steps__call">.*?</p>', page, re.DOTALL)
    assert line
    assert 'href="tel:+49507180999"' in line[0]
    assert 'href="#call-us"' in line[0]
    assert line.start() < page.index("<h1")


def test_of_several_offices_the_line_leads_to_all_their_numbers(full):
    page = full.client.get("/musterstadt/").text
    line = re.search(r'<p class="wf-steps__call">.*?</p>', page, re.DOTALL)
    assert line
    assert "Nummer und Zeiten" in line[0]
    assert "tel:" not in line[0]
