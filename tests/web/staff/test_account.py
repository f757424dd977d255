"""One's own account: the password, the second factor, logging out everywhere."""

import re
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking import clock
from booking.actions.log_in import HASHER
from booking.actions.staff_sessions import open_session
from booking.extensions import db
from booking.models import Login
from booking.web.staff.resending import NEVER_KEPT
from tests.builders import a_municipality
from tests.colleagues import Colleague, a_colleague

PASSWORD = "eine lange Losung"
NEW = "noch eine lange Losung"


@pytest.fixture
def erna(app: Flask) -> Colleague:
    with app.app_context():
        a_municipality()
    colleague = a_colleague(app, "desk", name="erna")
    with app.app_context():
        db.session.get_one(Login, colleague.actor.login).password = HASHER.hash(PASSWORD)
        db.session.commit()
    return colleague


def token(page: str) -> str:
    return page.rpartition('name="csrf_token" value="')[2].split('"')[0]


def log_in(client: FlaskClient, password: str) -> int:
    form = {"csrf_token": token(client.get("/staff/login").text), "name": "erna", "password": password}
    return client.post("/staff/login", data=form).status_code


def another_browser(app: Flask, erna: Colleague) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        secret = open_session(erna.actor.login, now=clock.now())
    with client.session_transaction(path="/staff/") as kept:
        kept.update({"_user_id": secret, "active_at": int(clock.now().timestamp())})
    return client


def test_a_changed_password_ends_every_other_session(app: Flask, erna: Colleague) -> None:
    other = another_browser(app, erna)
    assert other.get("/staff/").status_code == 200
    answer = erna.post("/staff/account/password", {"old_password": PASSWORD, "new_password": NEW})
    assert answer.location == "/staff/account?done=password"
    assert "Ihr Passwort ist geändert" in erna.get(answer.location).text
    assert other.get("/staff/").status_code == 302
    assert log_in(app.test_client(), PASSWORD) == 403
    assert log_in(app.test_client(), NEW) == 302


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("falsch", NEW, "nicht Ihr bisheriges Passwort", id="a wrong old one"),
        pytest.param(PASSWORD, "kurz", "mindestens 12 Zeichen", id="too short"),
        pytest.param(PASSWORD, "x" * 1001, "höchstens 1000 Zeichen", id="too long"),
    ],
)
def test_a_wrong_change_of_the_password_changes_nothing(
    app: Flask, erna: Colleague, old: str, new: str, said: str
) -> None:
    answer = erna.post("/staff/account/password", {"old_password": old, "new_password": new})
    assert answer.status_code == 422
    assert said in answer.text
    assert log_in(app.test_client(), PASSWORD) == 302


@pytest.mark.parametrize("new", ["  zwölf Zeichen 🔑\t ", "x" * 1000], ids=["odd signs", "long"])
def test_a_password_of_any_signs_counts_as_it_was_typed(app: Flask, erna: Colleague, new: str) -> None:
    answer = erna.post("/staff/account/password", {"old_password": PASSWORD, "new_password": new})
    assert answer.location == "/staff/account?done=password"
    assert log_in(app.test_client(), new.strip()[:-1]) == 403
    assert log_in(app.test_client(), new) == 302
    if new != new.strip():
        assert log_in(app.test_client(), new.strip()) == 403


def test_guessing_the_old_password_at_an_open_desk_is_throttled(erna: Colleague) -> None:
    tries = [
        erna.post("/staff/account/password", {"old_password": "falsch", "new_password": NEW}).status_code
        for _ in range(6)
    ]
    assert tries == [422] * 5 + [429]


def test_logging_out_everywhere_ends_this_browser_and_all_others(app: Flask, erna: Colleague) -> None:
    other = another_browser(app, erna)
    assert erna.post("/staff/account/everywhere").status_code == 302
    assert other.get("/staff/").status_code == 302
    assert erna.get("/staff/").status_code == 302


def test_the_second_factor_from_setting_up_to_switching_off(app: Flask, erna: Colleague) -> None:
    page = erna.post("/staff/account/factor").text
    key = page.split('class="st-key">')[1].split("<")[0].replace(" ", "")
    sealed = page.split('name="sealed" value="')[1].split('"')[0]
    assert "<svg" in page
    totp = pyotp.TOTP(key)
    wrong = erna.post("/staff/account/factor/on", {"sealed": sealed, "code": "000000"})
    assert (wrong.status_code, "Der Code passt nicht" in wrong.text) == (403, True)
    assert key[:4] in wrong.text
    answer = erna.post("/staff/account/factor/on", {"sealed": sealed, "code": totp.now()})
    assert answer.location == "/staff/account?done=on"

    client = app.test_client()
    assert log_in(client, PASSWORD) == 200
    assert client.get("/staff/").status_code == 302
    page = client.post(
        "/staff/login",
        data={
            "csrf_token": token(client.get("/staff/login").text),
            "name": "erna",
            "password": PASSWORD,
            "next": "/staff/account",
        },
    ).text
    code = totp.at(int(clock.now().timestamp()) + 30)
    refused = client.post("/staff/login/code", data={"csrf_token": token(page), "code": "000000"})
    assert refused.status_code == 403
    let_in = client.post("/staff/login/code", data={"csrf_token": token(refused.text), "code": code})
    assert let_in.location == "/staff/account"
    assert "Eingeschaltet" in client.get("/staff/account").text


def test_what_was_typed_when_the_login_ended_survives_the_code_too(app: Flask, erna: Colleague) -> None:
    page = erna.post("/staff/account/factor").text
    totp = pyotp.TOTP(page.split('class="st-key">')[1].split("<")[0].replace(" ", ""))
    sealed = page.split('name="sealed" value="')[1].split('"')[0]
    erna.post("/staff/account/factor/on", {"sealed": sealed, "code": totp.now()})
    client = app.test_client()
    kept = {"to": "/staff/logout", "kept.note": "kommt mit Kind"}
    form = {"csrf_token": token(client.get("/staff/login").text), "name": "erna", "password": PASSWORD}
    asked = client.post("/staff/login", data=form | kept).text
    assert all(f'name="{name}" value="{value}"' in asked for name, value in kept.items())
    code = totp.at(int(clock.now().timestamp()) + 30)
    again = client.post("/staff/login/code", data={"csrf_token": token(asked), "code": code, **kept}).text
    assert 'name="note" value="kommt mit Kind"' in again


def test_a_half_finished_login_lapses(app: Flask, erna: Colleague) -> None:
    client = app.test_client()
    with client.session_transaction(path="/staff/") as kept:
        then = int(clock.now().timestamp()) - 301
        kept["half"] = {"login": erna.actor.login, "name": "erna", "way": "", "at": then}
    answer = client.post("/staff/login/code", data={"csrf_token": token(client.get("/staff/login").text), "code": "1"})
    assert answer.location == "/staff/login"


def test_a_code_without_a_password_before_it_leads_to_the_login(client: FlaskClient) -> None:
    answer = client.post("/staff/login/code", data={"csrf_token": token(client.get("/staff/login").text), "code": "1"})
    assert answer.location == "/staff/login"


def test_whoever_has_no_password_of_their_own_is_not_asked_to_change_one(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    page = a_colleague(app, "desk").get("/staff/account").text
    assert "Passwort ändern" not in page
    assert "Überall abmelden" in page


def test_no_form_of_ours_has_a_password_that_would_be_kept_when_the_login_ended(app: Flask) -> None:
    """Every password field of every template is named so that ``resending`` leaves it out."""
    names = [
        name
        for template in (Path(app.root_path).parent / "templates" / "staff").rglob("*.html")
        for name in re.findall(r'field\("(\w+)"[^}]*type="password"', template.read_text())
    ]
    assert {"password", "old_password", "new_password"} <= set(names)
    assert [name for name in names if not NEVER_KEPT.fullmatch(name)] == []
