"""The page of figures: who sees it, what stands on it, what is downloaded."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask

from booking import clock
from booking.actions.marks import mark
from booking.extensions import db
from booking.models import Concern
from booking.rules.lifecycle import Verb
from tests.builders import NINE, a_municipality, an_office
from tests.colleagues import Colleague, a_colleague
from tests.counter import a_counter, booked, the_town, waiting

pytestmark = pytest.mark.both_engines

PLACE, TOWN = "/staff/musterstadt.buergerbuero/figures", "/staff/musterstadt/figures"
TUESDAY = "?first=2026-11-24&last=2026-11-24"


@pytest.fixture
def manager(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Colleague:
    monkeypatch.setattr(clock, "now", lambda: NINE)
    with app.app_context():
        desk = a_counter()
        mark(booked(), Verb.FINISH, by=desk, now=NINE)
        waiting(desk)
    return a_colleague(app, "manager", now=NINE)


def rows_of(manager: Colleague, path: str) -> list[list[str]]:
    answer = manager.get(path)
    assert answer.status_code == 200, path
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_the_charts_and_the_tables_say_the_same(manager: Colleague) -> None:
    page = manager.get(PLACE + TUESDAY)
    assert page.status_code == 200
    assert "Bedient 1, Noch offen 1" in page.text
    numbers = re.findall(r"<td>(.*?)</td>", page.text.split("</table>", 1)[0])
    assert numbers[:7] == ["1", "1", "1", "0", "0", "0", "1"]
    assert page.text.count("<svg") >= 3
    assert 'style="' not in page.text


def test_the_office_has_a_column_only_beside_other_offices(app: Flask, manager: Colleague) -> None:
    column = '<th scope="col" class="st-words">Stelle</th>'
    assert manager.get(PLACE + TUESDAY).text.count(column) == 1, "where a row is about an office"
    assert "Stelle" in rows_of(manager, f"{PLACE}-anliegen.csv{TUESDAY}")[0], "a file keeps its columns"
    with app.app_context():
        town = the_town()
        an_office(town, "rathaus")
        town.revision += 1
        db.session.commit()
    assert manager.get(TOWN + TUESDAY).text.count(column) == 4


def test_every_table_is_a_file_for_german_spreadsheets(manager: Colleague) -> None:
    page = manager.get(PLACE + TUESDAY).text
    for table in ("stellen", "anliegen", "wege", "auslastung"):
        assert f'</table>\n</div>\n<p><a class="kern-link" href="{PLACE}-{table}.csv?' in page
        assert len(rows_of(manager, f"{PLACE}-{table}.csv{TUESDAY}")) > 1
    (headings, office) = rows_of(manager, f"{PLACE}-stellen.csv{TUESDAY}")
    assert headings[:4] == ["Stelle", "Gebucht", "Ohne Termin", "Bedient"]
    assert office[:4] == ["Buergerbuero", "1", "1", "1"]
    assert manager.get(f"{PLACE}-erfunden.csv").status_code == 404


def test_no_name_becomes_a_formula(app: Flask, manager: Colleague) -> None:
    with app.app_context():
        db.session.query(Concern).filter_by(slug="personalausweis").one().name = {"de": '=HYPERLINK("x")'}
        the_town().revision += 1
        db.session.commit()
    names = [row[0] for row in rows_of(manager, f"{PLACE}-anliegen.csv{TUESDAY}")]
    assert '\'=HYPERLINK("x")' in names


def test_a_town_s_page_shows_every_office(app: Flask, manager: Colleague) -> None:
    with app.app_context():
        an_office(the_town(), "standesamt")
        the_town().revision += 1
        db.session.commit()
    page = manager.get(TOWN + TUESDAY)
    assert page.status_code == 200
    assert "Standesamt" in page.text
    assert "Standesamt" not in manager.get(PLACE + TUESDAY).text
    assert len(rows_of(manager, f"{TOWN}-stellen.csv{TUESDAY}")) == 3


@pytest.mark.parametrize("query", ["?first=2026-11-25&last=2026-11-24", "?first=2020-01-01&last=2026-11-24"])
def test_a_period_that_cannot_be_counted_is_told_and_the_usual_one_shown(manager: Colleague, query: str) -> None:
    page = manager.get(PLACE + query)
    assert page.status_code == 422
    assert "mehr als 366 Tage" in page.text
    assert 'value="2026-10-28"' in page.text
    assert manager.get(PLACE + "?first=gestern&last=").status_code == 200


@pytest.mark.parametrize("role", ["desk", "phone"])
@pytest.mark.parametrize("path", [PLACE, TOWN, f"{PLACE}-stellen.csv", f"{TOWN}-stellen.csv"])
def test_figures_are_for_those_who_run_the_office(app: Flask, manager: Colleague, role: str, path: str) -> None:
    assert a_colleague(app, role, now=NINE).get(path).status_code == 403


def test_a_manager_of_one_office_sees_that_one_and_strangers_none(app: Flask, manager: Colleague) -> None:
    with app.app_context():
        an_office(the_town(), "standesamt")
        the_town().revision += 1
        a_municipality("anderswo")
    mine = a_colleague(app, "manager", office="standesamt", now=NINE)
    stranger = a_colleague(app, "admin", town="anderswo", now=NINE)
    answers: list[tuple[Colleague, str, int]] = [
        (mine, "/staff/musterstadt.standesamt/figures", 200),
        (mine, PLACE, 403),
        (mine, TOWN, 403),
        (stranger, PLACE, 404),
        (stranger, TOWN, 404),
    ]
    for somebody, path, status in answers:
        assert somebody.get(path).status_code == status, path


def test_nobody_is_named(app: Flask, manager: Colleague) -> None:
    read: Callable[[str], str] = lambda path: manager.get(path + TUESDAY).text  # noqa: E731 - shorter than a function
    for text in (read(PLACE), read(f"{PLACE}-stellen.csv"), read(f"{PLACE}-auslastung.csv")):
        for secret in ("platz1", "platz2", "Anna", "example.org"):
            assert secret not in text
