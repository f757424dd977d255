"""The page of logins: a manager makes a colleague, who then logs in with the password that was shown once."""

import pytest
from flask import Flask

from tests.builders import a_municipality
from tests.colleagues import Colleague, a_colleague


@pytest.fixture
def manager(app: Flask) -> Colleague:
    with app.app_context():
        a_municipality()
    return a_colleague(app, "manager", name="frida")


def token(page: str) -> str:
    return page.rpartition('name="csrf_token" value="')[2].split('"')[0]


def test_a_new_colleague_logs_in_with_the_password_that_was_shown_once(app: Flask, manager: Colleague) -> None:
    form = {"name": "erna", "display_name": "Erna Beispiel", "role": "desk"}
    page = manager.post("/staff/musterstadt/members/new", form).text
    password = page.split('class="st-key">')[1].split("<")[0]
    assert password not in manager.get("/staff/musterstadt/members").text
    client = app.test_client()
    form = {"csrf_token": token(client.get("/staff/login").text), "name": "erna", "password": password}
    assert client.post("/staff/login", data=form).status_code == 302
    assert "Guten Tag, Erna Beispiel" in client.get("/staff/").text


def test_a_manager_is_offered_only_the_roles_that_they_may_give(app: Flask, manager: Colleague) -> None:
    assert 'value="admin"' not in manager.get("/staff/musterstadt/members").text
    assert 'value="admin"' in a_colleague(app, "admin").get("/staff/musterstadt/members").text
    assert manager.post("/staff/musterstadt/members/new", {"name": "x", "role": "admin"}).status_code == 403


def test_what_is_wrong_stands_beside_its_field(manager: Colleague) -> None:
    answer = manager.post("/staff/musterstadt/members/new", {"name": "frida", "role": "desk"})
    assert answer.status_code == 422
    assert "Diesen Anmeldenamen gibt es schon" in answer.text
    assert 'value="frida"' in answer.text
    answer = manager.post("/staff/musterstadt/members/role", {"name": "niemand", "role": "desk"})
    assert "Einen Zugang mit diesem Anmeldenamen gibt es nicht" in answer.text
    assert manager.post("/staff/musterstadt/members/role", {"name": "x", "role": "king"}).status_code == 422


def test_a_role_that_is_taken_ends_with_the_next_request(app: Flask, manager: Colleague) -> None:
    erna = a_colleague(app, "desk", name="erna")
    page = manager.get("/staff/musterstadt/members").text
    way = page.split("/take")[0].rpartition('action="')[2] + "/take"
    assert erna.get("/staff/").status_code == 200
    assert manager.post(way).status_code == 302
    assert erna.get("/staff/").status_code == 403


def test_stopping_resuming_and_a_new_password(app: Flask, manager: Colleague) -> None:
    manager.post("/staff/musterstadt/members/new", {"name": "erna", "role": "phone", "books_only": "1"})
    page = manager.get("/staff/musterstadt/members").text
    assert "Telefon (nur eintragen), alle Stellen" in page
    login = page.split("/stop")[0].rpartition("/login/")[2]
    at = f"/staff/musterstadt/members/login/{login}"
    assert "Das Passwort steht nur jetzt hier" in manager.post(f"{at}/password").text
    manager.post(f"{at}/stop")
    assert "(gesperrt)" in manager.get("/staff/musterstadt/members").text
    manager.post(f"{at}/resume")
    assert "(gesperrt)" not in manager.get("/staff/musterstadt/members").text
    own = f"/staff/musterstadt/members/login/{manager.actor.login}/stop"
    assert manager.post(own).status_code == 403
