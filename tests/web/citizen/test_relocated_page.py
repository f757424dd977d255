"""The page of an appointment that the office has moved: both times, three ways on, and nothing changed by looking."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.actions.relocate import Means, solve
from booking.extensions import db
from booking.models import Appointment, Relocation
from tests.actions.stranding import falls_ill
from tests.builders import MONDAY
from tests.colleagues import a_login

NOW = MONDAY + timedelta(minutes=30)


@pytest.fixture
def link(app, citizen, letter):
    """Booked for Tuesday at half past eight, and moved by the office to Wednesday."""
    citizen.books("2026-11-24T08:30:00+01:00")
    found = f"/t/{letter()[0]}"
    citizen.client.post(f"{found}/confirm")
    with app.app_context():
        by = a_login("leitung", "manager")
        falls_ill()
        solve(by, db.session.scalars(select(Appointment.id)).one(), Means.RELOCATE, now=NOW)
    return found


def answer(app):
    with app.app_context():
        return db.session.scalars(select(Relocation.answer)).one()


def test_both_times_and_three_ways_are_shown_and_looking_changes_nothing(app, citizen, link):
    for _ in range(2):
        page = citizen.client.get(link).text
        assert "Wir mussten Ihren Termin verlegen" in page
        assert "Dienstag, 24. November 2026" in page
        assert "Mittwoch, 25. November 2026" in page
        assert "Wenn Sie nichts tun, gilt die neue Zeit." in page
        for way in ("accept", "move", "cancel"):
            assert re.search(rf'(action|href)="{link}/{way}(#said)?"', page)
    assert citizen.client.get(f"{link}/accept").location == link
    assert answer(app) is None


def test_one_click_accepts(app, citizen, link):
    done = citizen.client.post(f"{link}/accept")
    assert done.status_code == 303
    page = citizen.client.get(done.location).text
    assert "Es bleibt bei der neuen Zeit" in page
    assert "Ihr Termin ist gebucht" in page
    assert f"{link}/accept" not in page
    assert answer(app) == "accepted"


def test_what_was_cancelled_meanwhile_cannot_be_accepted(app, citizen, link):
    citizen.client.post(f"{link}/cancel")
    refused = citizen.client.post(f"{link}/accept")
    assert refused.status_code == 409
    assert answer(app) == "cancelled"


def test_another_time_is_chosen_as_ever(app, citizen, link):
    moved = citizen.client.post(f"{link}/move", data={"start": "2026-11-27T08:30:00+01:00"})
    page = citizen.client.get(moved.location).text
    assert "Freitag, 27. November 2026" in page
    assert f"{link}/accept" not in page
    assert answer(app) == "moved"
