"""A request by letter or telephone: a manager shows and erases; nobody else can, and the log names no content."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.actions.erase_expired import erase_expired
from booking.extensions import db
from booking.models import Appointment, Audit, Letter, Sweep
from tests.builders import MONDAY, NINE, a_municipality, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague

PLACE = "/staff/musterstadt.buergerbuero"


@pytest.fixture
def path(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(hours=1))
    with app.app_context():
        town = a_municipality()
        an_office(town, "standesamt")
        db.session.commit()
        return f"{PLACE}/appointments/{an_appointment(phone='05071 12345').reference}"


@pytest.fixture
def manager(app: Flask, path: str) -> Colleague:
    return a_colleague(app, "manager")


def left(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Appointment.id))) or 0


def test_a_manager_shows_what_is_stored(manager: Colleague, path: str) -> None:
    assert f'href="{path}/data"' in manager.get(path).text
    page = manager.get(f"{path}/data").text
    for known in ("Anna Beispiel", "anna@example.org", "05071 12345"):
        assert known in page
    stored = manager.get(f"{path}/data.json")
    assert stored.json["appointment"][0]["name"] == "Anna Beispiel"
    assert "attachment" in stored.headers["Content-Disposition"]


def test_a_manager_erases_and_the_log_names_no_content(app: Flask, manager: Colleague, path: str) -> None:
    answer = manager.post(f"{path}/erase-data", {"sure": "1"})
    assert (answer.status_code, answer.location) == (303, f"{PLACE}/data-erased")
    assert "gelöscht" in manager.get(answer.location).text
    assert left(app) == 0
    with app.app_context():
        assert db.session.scalars(sa.select(Letter)).all() == []
        assert db.session.scalar(sa.select(Sweep.requested)) == 1
        entry = db.session.scalars(sa.select(Audit).where(Audit.verb == "erased-data")).one()
        assert (entry.subject, entry.details) == (f"appointment {path.rpartition('/')[2]}", {})
    assert manager.get(f"{path}/data").status_code == 404


def test_without_the_tick_nothing_is_erased(app: Flask, manager: Colleague, path: str) -> None:
    assert manager.post(f"{path}/erase-data").status_code == 422
    assert left(app) == 1


def test_while_somebody_is_being_served_nothing_is_erased(
    app: Flask, manager: Colleague, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(minutes=50))
    with app.app_context():
        db.session.execute(
            sa.update(Appointment).values(status="serving", start=MONDAY, end=MONDAY + timedelta(hours=1))
        )
        db.session.commit()
    answer = manager.post(f"{path}/erase-data", {"sure": "1"})
    assert answer.status_code == 409
    assert left(app) == 1


@pytest.mark.parametrize(
    ("role", "options"),
    [("desk", {}), ("phone", {}), ("manager", {"office": "standesamt"}), ("manager", {"town": "anderswo"})],
)
def test_nobody_else_sees_or_erases(app: Flask, path: str, role: str, options: dict[str, str]) -> None:
    with app.app_context():
        a_municipality("anderswo")
    stranger = a_colleague(app, role, **options)
    for answer in (
        stranger.get(f"{path}/data"),
        stranger.get(f"{path}/data.json"),
        stranger.post(f"{path}/erase-data", {"sure": "1"}),
    ):
        assert answer.status_code in {403, 404}
    assert f"{path}/data" not in stranger.get(path).text
    assert left(app) == 1


def test_another_office_s_address_does_not_lead_there(manager: Colleague, path: str) -> None:
    other = path.replace("buergerbuero", "standesamt")
    assert manager.get(f"{other}/data").status_code == 404
    assert manager.post(f"{other}/erase-data", {"sure": "1"}).status_code == 404


def test_the_figures_show_the_latest_sweeps(app: Flask, manager: Colleague) -> None:
    assert "noch nie gelaufen" in manager.get(f"{PLACE}/figures").text
    with app.app_context():
        erase_expired(now=NINE + timedelta(days=31))
    page = manager.get("/staff/musterstadt/figures").text
    assert "Auf Wunsch" in page
    assert "<td>0</td><td>0</td><td>1</td><td>0</td>" in page
