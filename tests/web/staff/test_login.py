"""Logging in: throttled, the same answer for every name, and nobody is sent elsewhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import Parameters, PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from booking import clock
from booking.actions import attempts
from booking.actions.log_in import HASHER
from booking.extensions import db
from booking.models import Audit, Login, LoginAttempt
from tests.builders import a_municipality
from tests.colleagues import a_login

pytestmark = pytest.mark.both_engines

PASSWORD = "eine lange Losung"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        a_municipality()
        actor = a_login("erna", "desk")
        db.session.get_one(Login, actor.login).password = CHEAP.hash(PASSWORD)
        db.session.commit()
    return app


def token(client: FlaskClient) -> str:
    return client.get("/staff/login").text.split('name="csrf_token" value="')[1].split('"')[0]


def log_in(client: FlaskClient, name: str = "erna", password: str = PASSWORD, **fields: str) -> TestResponse:
    address = fields.pop("address", "198.51.100.7")
    form = {"csrf_token": token(client), "name": name, "password": password, **fields}
    return client.post("/staff/login", data=form, environ_overrides={"REMOTE_ADDR": address})


def fail(app: Flask, times: int, *, name: str = "erna", address: str = "198.51.100.7") -> list[int]:
    return [log_in(app.test_client(), name, "falsch", address=address).status_code for _ in range(times)]


def test_whoever_knows_the_password_gets_in_with_a_new_secret(town: Flask) -> None:
    client = town.test_client()
    client.get("/staff/login")
    assert log_in(client).location == "/staff/start"
    assert "Guten Tag, Erna" in client.get("/staff/").text


def test_a_cookie_from_before_the_login_does_not_live_on(town: Flask) -> None:
    client = town.test_client()
    with client.session_transaction(path="/staff/") as planted:
        planted["planted"] = "by a stranger"
    log_in(client)
    with client.session_transaction(path="/staff/") as kept:
        assert "planted" not in kept


def test_an_unknown_name_is_answered_like_a_wrong_password(town: Flask) -> None:
    known = log_in(town.test_client(), "erna", "falsch")
    unknown = log_in(town.test_client(), "niemand", "falsch")
    assert (known.status_code, unknown.status_code) == (403, 403)

    def words(answer: TestResponse, name: str) -> str:
        return "".join(
            line for line in answer.text.replace(f'value="{name}"', "").splitlines() if "csrf_token" not in line
        )

    assert words(known, "erna") == words(unknown, "niemand")


def test_the_hash_is_verified_for_unknown_names_too(town: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from booking.actions import log_in as module

    verified: list[str] = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(password)
            return HASHER.verify(stored, password)

    monkeypatch.setattr(module, "HASHER", Counting())
    log_in(town.test_client(), "niemand", "falsch")
    assert verified == ["falsch"]


def test_whoever_fails_five_times_has_to_wait_even_with_the_right_password(town: Flask) -> None:
    assert fail(town, 6) == [403] * 5 + [429]
    answer = log_in(town.test_client())
    assert answer.status_code == 429
    assert "Warten Sie eine Viertelstunde" in answer.text


def test_a_name_that_does_not_exist_is_throttled_alike(town: Flask) -> None:
    assert fail(town, 6, name="niemand") == [403] * 5 + [429]


def test_waiting_ends_also_while_somebody_goes_on_trying(town: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(town, 7)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert log_in(town.test_client()).status_code == 302


def test_a_success_takes_the_mistyped_tries_away(town: Flask) -> None:
    fail(town, 4)
    assert log_in(town.test_client()).status_code == 302
    assert fail(town, 5) == [403] * 5


def test_one_network_cannot_try_many_names(town: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "NETWORK", attempts.Limit(3, timedelta(minutes=15)))
    assert [fail(town, 1, name=f"name{number}")[0] for number in range(4)] == [403, 403, 403, 429]


def test_many_networks_cannot_try_one_name(town: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "NAME", attempts.Limit(3, timedelta(hours=1)))
    assert [fail(town, 1, address=f"203.0.113.{last}")[0] for last in range(4)] == [403, 403, 403, 429]


def test_strangers_cannot_keep_a_colleague_out_of_a_browser_that_was_let_in_before(
    town: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "NAME", attempts.Limit(3, timedelta(hours=1)))
    erna = town.test_client()
    log_in(erna)
    for last in range(4):
        fail(town, 1, address=f"203.0.113.{last}")
    assert log_in(erna).status_code == 302
    assert log_in(town.test_client()).status_code == 429


def test_passwords_are_hashed_as_strongly_as_rfc_9106_asks_and_so_is_nobodys(
    strength: tuple[Parameters, Parameters],
) -> None:
    assert strength == (RFC_9106_LOW_MEMORY, RFC_9106_LOW_MEMORY)


def test_a_hash_with_old_parameters_is_made_anew_at_the_next_login(town: Flask) -> None:
    log_in(town.test_client())
    with town.app_context():
        stored = db.session.scalars(select(Login.password)).one()
        assert stored is not None
        assert not HASHER.check_needs_rehash(stored)
        assert HASHER.verify(stored, PASSWORD)


def test_logging_in_and_failing_to_are_in_the_audit_log(town: Flask) -> None:
    client = town.test_client()
    fail(town, 1)
    log_in(client)
    client.post("/staff/logout", data={"csrf_token": client.get("/staff/").text.split('value="')[1].split('"')[0]})
    with town.app_context():
        assert db.session.scalars(select(Audit.verb).order_by(Audit.id)).all() == ["log-in-failed", "log-in", "log-out"]


def test_neither_name_nor_network_is_kept_readable(town: Flask) -> None:
    fail(town, 1)
    with town.app_context():
        row = db.session.scalars(select(LoginAttempt)).one()
        assert (len(row.name), len(row.network)) == (64, 64)


def test_failed_logins_are_forgotten_within_a_day(town: Flask) -> None:
    from booking.actions.erase_expired import forget

    fail(town, 2)
    with town.app_context():
        forget(now=clock.now() + timedelta(hours=23))
        assert db.session.scalar(select(func.count(LoginAttempt.id))) == 2
        forget(now=clock.now() + timedelta(hours=25))
        assert db.session.scalar(select(func.count(LoginAttempt.id))) == 0


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        pytest.param("/staff/x.y/day/2026-11-24", "/staff/x.y/day/2026-11-24", id="a page of ours"),
        pytest.param("/staff/a?b=c", "/staff/a?b=c", id="with a query"),
        pytest.param("https://evil.example/staff/", "/staff/start", id="another site"),
        pytest.param("//evil.example/staff/", "/staff/start", id="another host"),
        pytest.param("/\\evil.example/staff/", "/staff/start", id="a backslash for a slash"),
        pytest.param("\\\\evil.example/staff/", "/staff/start", id="two of them"),
        pytest.param("/\t/evil.example/staff/", "/staff/start", id="a tab that browsers leave out"),
        pytest.param("\n//evil.example/staff/", "/staff/start", id="a line end before"),
        pytest.param(" //evil.example/staff/", "/staff/start", id="a space before"),
        pytest.param("/staff/\r\nLocation: https://evil.example", "/staff/start", id="a header"),
        pytest.param("/staff/../t/token", "/staff/start", id="out of our pages"),
        pytest.param("/staff/%2e%2e/t/token", "/staff/start", id="out of them in disguise"),
        pytest.param("javascript:alert(1)//staff/", "/staff/start", id="a script"),
        pytest.param("/staffel/", "/staff/start", id="a path that only begins so"),
        pytest.param("@evil.example/staff/", "/staff/start", id="a login before a host"),
        pytest.param("", "/staff/start", id="nothing"),
    ],
)
def test_nobody_is_sent_elsewhere_by_a_link_to_the_login(town: Flask, target: str, goes: str) -> None:
    assert log_in(town.test_client(), next=target).location == goes


def test_below_a_path_cookie_and_way_back_keep_it(town: Flask, with_settings: Callable[..., Flask]) -> None:
    client = with_settings(base_url="https://town.example/termine").test_client()
    page = client.get("/termine/staff/login", base_url="https://town.example")
    found = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": found, "name": "erna", "password": PASSWORD, "next": "/staff/"}
    headers = {"Referer": "https://town.example/termine/staff/login"}
    answer = client.post("/termine/staff/login", data=form, base_url="https://town.example", headers=headers)
    assert answer.location == "/termine/staff/"
    cookies = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Secure-wartefrei=")]
    assert len(cookies) == 1
    assert all(word in cookies[0] for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/termine/staff"))
    assert "Domain" not in cookies[0]
    assert "Guten Tag" in client.get("/termine/staff/", base_url="https://town.example").text
