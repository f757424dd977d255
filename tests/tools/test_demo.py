"""The demo schedule keeps away from everything real."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.check_deployment import check_deployment
from booking.actions.remind import remind
from booking.extensions import db
from booking.models import Absence, Appointment, Letter, LetterStatus
from booking.rules.roles import Actor, Role
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.colleagues import a_login
from tools.demo import __main__ as demo
from tools.demo.people import MARK
from tools.demo.schedule import bounds, fill, is_filled, play, walk_in

NOON = NINE + timedelta(hours=1)


@pytest.fixture
def by(context: AppContext) -> Actor:
    a_municipality()
    return a_login("empfang", "desk")


def filled(by: Actor, now: datetime = MONDAY) -> int:
    from booking.actions.catalogues import catalogue_of

    catalogue = catalogue_of("musterstadt")
    (office,) = catalogue.open_offices
    return fill(catalogue, office, NINE.date(), by=by, share=0.9, now=now)


def test_invented_people_have_no_letter_to_come_now_or_ever(by: Actor) -> None:
    assert filled(by) > 3
    remind(now=NINE - timedelta(hours=20))
    waiting = sa.select(sa.func.count(Letter.id)).where(Letter.status == LetterStatus.WAITING)
    assert db.session.scalar(waiting) == 0
    rows = db.session.scalars(sa.select(Appointment)).all()
    assert all(row.uid.endswith(MARK) for row in rows)
    assert all(row.email in {"", row.email.partition("@")[0] + "@example.org"} for row in rows)


def test_reminders_came_when_the_job_sends_them_and_once(by: Actor) -> None:
    assert filled(by, now=NINE) > 3
    letters = db.session.execute(
        sa.select(Letter.appointment_id, Letter.sent_at, Appointment.created_at).join(Letter.appointment)
    ).all()
    assert letters
    assert len({letter.appointment_id for letter in letters}) == len(letters)
    for _, sent, booked in letters:
        assert sent == MONDAY.replace(hour=8)
        assert sent - booked >= timedelta(days=1)


def test_nobody_is_at_the_platz_since_the_morning(by: Actor) -> None:
    from booking.actions.catalogues import catalogue_of

    filled(by)
    catalogue = catalogue_of("musterstadt")
    evening = NINE + timedelta(hours=6)
    play(catalogue.open_offices[0].id, bounds(catalogue, NINE.date()), by=by, now=evening)
    ends = db.session.scalars(sa.select(Appointment.end).where(Appointment.status == "serving")).all()
    assert all(evening - end < timedelta(minutes=10) for end in ends)


def test_a_played_day_has_every_state_and_keeps_what_must_hold(by: Actor) -> None:
    from booking.actions.catalogues import catalogue_of

    filled(by)
    catalogue = catalogue_of("musterstadt")
    (office,) = catalogue.open_offices
    play(office.id, bounds(catalogue, NINE.date()), by=by, now=NOON)
    walk_in(catalogue, office, by=by, now=NOON)
    states = set(db.session.scalars(sa.select(Appointment.status)))
    assert {"served", "confirmed", "checked_in"} <= states
    waiting = sa.select(sa.func.count(Appointment.id)).where(Appointment.start.is_(None), Appointment.number > 0)
    assert db.session.scalar(waiting) == 2
    assert is_filled(office.id, bounds(catalogue, NINE.date()))
    faults = [found.sentence for found in check_deployment(now=NOON) if "cell" in found.sentence.lower()]
    assert faults == []


def test_somebody_falls_ill_whatever_weekday_the_demo_begins_on(by: Actor) -> None:
    from booking.actions.catalogues import catalogue_of

    filled(by)
    manager = a_login("leitung", "manager")
    demo._fall_ill(catalogue_of("musterstadt"), NINE.date() - timedelta(days=1), by=manager, now=MONDAY)
    assert db.session.scalar(sa.select(sa.func.count(Absence.id))) == 1


def test_where_somebody_has_booked_nobody_is_invented(by: Actor) -> None:
    assert not demo._is_somebodys()
    an_appointment()
    assert demo._is_somebodys()
    filled(by)
    assert not demo._is_somebodys()


def test_a_service_on_https_gets_no_demo(
    engine_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", engine_url)
    monkeypatch.setenv("SECRET_KEY", "a key that only the tests know, of 48 characters")
    monkeypatch.setenv("BASE_URL", "https://termine.example.org")
    assert demo.main("a long password 123") == 0
    assert "https" in capsys.readouterr().out
    assert set(demo.LOGINS.values()) == set(Role)
