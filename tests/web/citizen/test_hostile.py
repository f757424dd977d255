"""What an adversary tried once: kept, so that it fails for ever."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.builders import a_municipality

pytestmark = pytest.mark.both_engines


@pytest.fixture
def town(app: Flask) -> FlaskClient:
    with app.app_context():
        a_municipality()
    return app.test_client()


OWN = {"": "", "imprint": "imprint", "link": "link/again"}  # page → where its languages lead


@pytest.mark.parametrize(
    "query", ["_method=x", "_scheme=x", "_anchor=x", "_external=1", "endpoint=x", "municipality=x"]
)
@pytest.mark.parametrize("page", ["", "imprint", "link"])
def test_no_name_in_a_query_steers_our_own_links(town: FlaskClient, query: str, page: str) -> None:
    answer = town.get(f"/musterstadt/{page}?{query}", headers={"Host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    languages = re.findall(r'<a class="wf-language" href="([^"]*)"', answer.text)
    languages += re.findall(r' class="wf-language" form="step" formaction="([^"]*)"', answer.text)
    assert languages == [f"/musterstadt/{OWN[page]}?lang=en"]


def test_a_redirect_never_repeats_the_host_that_was_asked_for(town: FlaskClient) -> None:
    answer = town.get("/musterstadt", headers={"Host": "evil.example"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == "/musterstadt/"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_origin_that_is_no_address_is_a_stranger(town: FlaskClient) -> None:
    assert town.post("/musterstadt/time", headers={"Origin": "http://[::1"}).status_code == 400


def test_many_combining_marks_are_refused_before_they_are_composed(town: FlaskClient) -> None:
    body = {"office": "buergerbuero", "start": "2026-11-24T09:00:00+01:00", "concerns": [{"id": "personalausweis"}]}
    order = body | {"name": "a" + "\u0301\u0316" * 500, "email": "anna@example.org"}
    answer = town.post("/api/v1/municipalities/musterstadt/appointments", json=order)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/name", "too-long")]


def test_going_on_takes_a_changed_quantity_along(town: FlaskClient) -> None:
    page = town.get("/musterstadt/checklist?concern=personalausweis:1").text
    (button,) = [line for line in page.splitlines() if "Weiter zu Ihren Angaben" in line]
    assert 'form="choice"' in button
    assert 'formaction="/musterstadt/contact"' in button
    assert page.count('value="personalausweis:1"') == 1  # the select itself, and no copy that would win over it
