"""Doctor and readiness: what is wrong is found and said; what is right stays quiet."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from flask.ctx import AppContext
from flask.testing import FlaskClient

from booking.actions.check_deployment import broken_ownership, check_deployment
from booking.actions.check_readiness import check_readiness
from booking.actions.check_surroundings import check_surroundings
from booking.actions.sealing import seal
from booking.extensions import db
from booking.models import Appointment, Cell, Heartbeat, Letter, Login, Municipality
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment, an_office
from tests.racing import race


@pytest.fixture
def healthy(context: AppContext) -> None:
    a_municipality()
    db.session.add(Heartbeat(job="letters", at=MONDAY))
    db.session.commit()


def sentences() -> str:
    return "\n".join(finding.sentence for finding in check_deployment(now=MONDAY))


def test_a_healthy_deployment_is_in_order(healthy: None) -> None:
    an_appointment()
    assert check_deployment(now=MONDAY) == []


def test_a_time_zone_that_the_machine_does_not_know_is_told_in_a_sentence(healthy: None) -> None:
    a_municipality("anderswo", timezone="Erika/Musterfrau")
    (found,) = check_deployment(now=MONDAY)
    assert found.is_fault
    assert found.sentence.startswith("anderswo: this machine does not know its time zone")
    assert not any("Erika" in other.sentence for other in check_surroundings(None, now=MONDAY))


def test_silent_jobs_are_named(healthy: None) -> None:
    found = check_deployment(now=MONDAY + timedelta(minutes=3))
    assert [finding.is_fault for finding in found] == [True]
    assert "job process" in found[0].sentence


@pytest.mark.parametrize(
    ("at", "ahead", "told"),
    [
        (MONDAY + timedelta(hours=1), 3600.0, ("clocks-apart",)),
        (MONDAY + timedelta(minutes=30), 3600.0, ("jobs-silent",)),  # for half an hour, by the database's clock
        (MONDAY, 3600.0, ("clocks-apart",)),  # it is the database that is behind
        (MONDAY - timedelta(hours=1), -3600.0, ("clocks-apart",)),  # behind, and yet not silent
        (MONDAY - timedelta(hours=1), None, ("jobs-silent",)),
        (MONDAY + timedelta(hours=1), None, ("clocks-apart",)),  # SQLite: it speaks from the future
        (MONDAY, 4.0, ()),
    ],
)
def test_a_job_process_with_another_clock_is_named(
    healthy: None, at: datetime, ahead: float | None, told: tuple[str, ...]
) -> None:
    db.session.execute(sa.update(Heartbeat).values(at=at, ahead=ahead))
    db.session.commit()
    assert check_readiness(now=MONDAY).warnings == told


def test_stuck_letters_are_named(healthy: None) -> None:
    a_booking(now=MONDAY - timedelta(minutes=16))
    assert check_readiness(now=MONDAY).warnings == ("letters-stuck",)


def test_personal_data_that_is_a_day_too_old_shows_that_the_sweep_is_dead(healthy: None) -> None:
    an_appointment()
    for days, is_named in ((31, False), (32, True)):
        found = check_deployment(now=NINE + timedelta(days=days))
        assert any("should have been erased" in each.sentence for each in found) is is_named


def test_undeliverable_letters_are_a_note(healthy: None) -> None:
    a_booking()
    db.session.execute(sa.update(Letter).values(status="failed"))
    db.session.commit()
    assert [finding.is_fault for finding in check_deployment(now=MONDAY)] == [False]


def test_second_factors_of_a_lost_key_are_named(healthy: None, with_settings: Callable[..., Flask]) -> None:
    db.session.add(Login(name="erna", created_at=MONDAY))
    db.session.flush()
    login = db.session.scalars(sa.select(Login.id)).one()
    db.session.execute(sa.update(Login).values(totp=seal("JBSWY3DP", f"totp {login}")))
    db.session.commit()
    assert check_deployment(now=MONDAY) == []
    former, new = current_app.config["SECRET_KEY"], "exchanged, and of the former one nothing is left"
    with with_settings(secret_key=new, secret_key_fallbacks=(former,)).app_context():
        assert check_deployment(now=MONDAY) == []
    with with_settings(secret_key=new).app_context():
        assert "1 second factors were sealed" in sentences()


def test_an_office_without_blocks_is_a_note(healthy: None) -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    an_office(town, "archiv")
    town.revision += 1
    db.session.commit()
    assert "musterstadt/archiv" in sentences()


def test_a_town_s_own_address_in_the_clear_is_named(healthy: None) -> None:
    db.session.execute(sa.update(Municipality).values(base_url="http://town.example", revision=7))
    db.session.commit()
    assert "musterstadt: its base_url is not https" in sentences()
    db.session.execute(sa.update(Municipality).values(base_url="http://localhost:8000", revision=8))
    db.session.commit()
    assert "https" not in sentences()


def test_an_empty_installation_says_what_to_do(context: AppContext) -> None:
    assert "catalogue load" in sentences()


@pytest.mark.parametrize(
    ("others", "word"),
    [
        pytest.param({"base_url": "http://town.example"}, "https", id="links would travel in the clear"),
        pytest.param({"base_url": "https://town.example"}, "TRUSTED_PROXIES", id="all citizens look like one network"),
    ],
)
def test_doubtful_settings_are_named(with_settings: Callable[..., Flask], others: dict[str, str], word: str) -> None:
    with with_settings(**others).app_context():
        assert word in sentences()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        pytest.param(lambda: sa.delete(Cell).where(Cell.moment % 900 == 0), "owns 2 cells instead of 3", id="lost"),
        pytest.param(lambda: sa.update(Appointment).values(status="no_show"), "still owns 3", id="kept too long"),
    ],
)
def test_broken_ownership_is_found(healthy: None, damage: Callable[[], sa.Executable], complaint: str) -> None:
    found = an_appointment()
    db.session.execute(damage())
    db.session.commit()
    wrong = broken_ownership(MONDAY)
    assert [reference for reference, _ in wrong] == [found.reference]
    assert complaint in wrong[0][1]
    assert found.reference in sentences()


def test_whoever_waits_without_a_time_must_own_nothing(healthy: None) -> None:
    found = an_appointment()
    waits = {"status": "checked_in", "start": None, "end": None, "number": 1}
    db.session.execute(sa.update(Appointment).values(waits))
    db.session.commit()
    assert broken_ownership(MONDAY) == [(found.reference, "is checked_in and owns 3 cells instead of 0")]
    db.session.execute(sa.delete(Cell))
    db.session.commit()
    assert broken_ownership(MONDAY) == []


def test_a_lapsed_booking_may_own_its_cells_or_none(healthy: None) -> None:
    booked = a_booking()
    assert booked.confirm_by is not None
    assert broken_ownership(booked.confirm_by) == []
    db.session.execute(sa.delete(Cell))
    db.session.commit()
    assert broken_ownership(booked.confirm_by) == []
    assert broken_ownership(MONDAY) != []


def test_whoever_books_while_doctor_looks_has_broken_nothing(healthy: None, app: Flask) -> None:
    booked: list[object] = []

    def book_beside(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT cell.") and not booked:
            booked.append(None)
            booked[:] = race(app, a_booking)

    sa.event.listen(db.engine, "after_cursor_execute", book_beside)
    try:
        found = broken_ownership(MONDAY)
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", book_beside)
    assert db.session.scalars(sa.select(Appointment.id)).all() == []  # it looks at one moment, before the booking
    assert (len(booked), found) == (1, [])


def test_readyz_says_ready_and_warns_of_silent_jobs(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "warnings": ["jobs-silent"]})


def test_readyz_refuses_without_this_code_s_migration(app: Flask) -> None:
    with app.app_context():
        revision = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
        db.session.execute(sa.text("DELETE FROM alembic_version"))
        db.session.commit()
    try:
        assert app.test_client().get("/readyz").status_code == 503
    finally:
        with app.app_context():
            db.session.execute(sa.text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision})
            db.session.commit()


def test_readyz_accepts_a_newer_migration_that_this_code_does_not_know(app: Flask) -> None:
    with app.app_context():
        revision = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        db.session.commit()
    try:
        assert app.test_client().get("/readyz").status_code == 200
    finally:
        with app.app_context():
            db.session.execute(sa.text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
            db.session.commit()


def test_readyz_refuses_while_the_database_is_away(with_settings: Callable[..., Flask]) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=2"
    app = with_settings(database_url=nowhere)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "warnings": ["database-away"]})


def test_healthz_touches_no_database(with_settings: Callable[..., Flask]) -> None:
    app = with_settings(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert app.test_client().get("/healthz").json == {"status": "alive"}
