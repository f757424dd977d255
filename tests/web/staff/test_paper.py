"""Doors of the prints: who may open them, what they look like to a browser, what they never carry."""

import pytest
from flask import Flask

from tests.builders import MONDAY, a_municipality, an_appointment
from tests.colleagues import a_colleague, anonymous
from tests.paper import texts

PRINT = "/staff/musterstadt.buergerbuero/day/2026-11-24/print"
PDF = "/staff/musterstadt.buergerbuero/day/2026-11-24/sheet.pdf"


@pytest.fixture(autouse=True)
def town(app: Flask) -> None:
    with app.app_context():
        a_municipality()
        an_appointment(MONDAY)


def test_the_desk_prints_its_day(app: Flask) -> None:
    answer = a_colleague(app, "desk").get(PRINT)
    assert answer.status_code == 200
    assert "Anna Beispiel" in answer.text
    assert "Personalausweis" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'style="' not in answer.text


def test_every_box_says_whether_it_is_ticked(app: Flask) -> None:
    page = a_colleague(app, "desk").get(PRINT).text
    assert page.count("nicht angekreuzt") == 3
    assert page.count("nicht erschienen") == 1, "as a heading, not in every line"


def test_a_print_can_be_one_clerks_and_without_names(app: Flask) -> None:
    desk = a_colleague(app, "desk")
    assert "Buergerbuero: platz1" in desk.get(f"{PRINT}?platz=platz1").text
    bare = desk.get(f"{PRINT}?namen=nein").text
    assert "Anna" not in bare
    assert "Personalausweis" in bare
    assert desk.get(f"{PRINT}?platz=nobody").status_code == 404


def test_the_pdf_is_the_same(app: Flask) -> None:
    answer = a_colleague(app, "manager").get(f"{PDF}?platz=alle")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="tagesplan-2026-11-24.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    (text,) = texts(answer.data)
    assert "Anna Beispiel" in text


@pytest.mark.parametrize("path", [PRINT, PDF])
def test_nobody_else_gets_a_print(app: Flask, path: str) -> None:
    with app.app_context():
        a_municipality("anderswo")
    assert a_colleague(app, "phone").get(path).status_code == 403
    assert a_colleague(app, "manager", town="anderswo").get(path).status_code == 404
    assert anonymous(app).get(path).status_code == 302
