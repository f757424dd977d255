"""The keys are rotated under running browsers: nobody is logged out, no mailed link breaks, no open form is lost.

Each application below is a worker. The new key goes everywhere as a fallback first, then becomes the main one, and the
old one leaves when its last appointment is erased (docs/operators.md).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking import clock
from booking.actions.find_appointment import find_by_holder
from booking.actions.log_in import HASHER
from booking.actions.second_factor import new_key, switch_on
from booking.extensions import db
from booking.models import Login
from tests.builders import MONDAY, a_municipality
from tests.colleagues import a_login

OLD, NEW = ("o" * 48, "n" * 48)
KEYS = {  # what a worker holds in each step: its main key, then its fallbacks
    "before": (OLD, ()),
    "new key announced": (OLD, (NEW,)),
    "new key in use": (NEW, (OLD,)),
}
STEPS = [
    ("before", "new key announced"),
    ("new key announced", "new key in use"),
    ("new key in use", "new key announced"),
]
BOOKING = {
    "office": "buergerbuero",
    "start": "2026-11-24T09:00:00+01:00",
    "concerns": [{"id": "personalausweis"}],
    "name": "Anna Beispiel",
    "email": "anna@example.org",
}
PASSWORD = "eine lange Losung"
Workers = dict[str, Flask]


@dataclass
class Browser:
    """A browser whose requests may reach any worker: it takes its cookies along."""

    client: FlaskClient

    def at(self, worker: Flask) -> FlaskClient:
        there = worker.test_client()
        there._cookies = self.client._cookies
        return there


@pytest.fixture
def workers(with_settings: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    made = {name: with_settings(secret_key=main, secret_key_fallbacks=others) for name, (main, others) in KEYS.items()}
    with made["before"].app_context():
        a_municipality()
        actor = a_login("erna", "manager")
        db.session.get_one(Login, actor.login).password = HASHER.hash(PASSWORD)
        db.session.commit()
    return made


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def log_in(worker: Flask) -> Browser:
    client = worker.test_client()
    form = {"csrf_token": token_in(client.get("/staff/login").text), "name": "erna", "password": PASSWORD}
    assert client.post("/staff/login", data=form).status_code == 302
    return Browser(client)


def book(worker: Flask, **headers: str) -> Any:
    return worker.test_client().post("/api/v1/municipalities/musterstadt/appointments", json=BOOKING, headers=headers)


@pytest.mark.parametrize(("first", "then"), STEPS)
def test_nobody_is_logged_out_and_an_open_form_can_be_sent(workers: Workers, first: str, then: str) -> None:
    """From new to announced, too: during the second step some workers have changed and others have not."""
    erna = log_in(workers[first])
    form = {"csrf_token": token_in(erna.client.get("/staff/account").text), "label": "x"}
    there = erna.at(workers[then])
    assert there.get("/staff/account").status_code == 200
    assert there.post("/staff/logout", data=form).location == "/staff/login"


@pytest.mark.parametrize(("first", "then"), STEPS)
def test_a_login_begun_before_is_finished_after(workers: Workers, first: str, then: str) -> None:
    """With its second factor, whose key the former key sealed, and the cookie of the half login."""
    with workers[first].app_context():
        login = db.session.query(Login).one().id
        letters, sealed = new_key(login)
        switch_on(login, sealed, pyotp.TOTP(letters).at(int(MONDAY.timestamp()) - 30), now=MONDAY)
    client = workers[first].test_client()
    form = {"csrf_token": token_in(client.get("/staff/login").text), "name": "erna", "password": PASSWORD}
    page = client.post("/staff/login", data=form)
    code = {"csrf_token": token_in(page.text), "code": pyotp.TOTP(letters).at(int(MONDAY.timestamp()))}
    there = Browser(client).at(workers[then])
    assert there.post("/staff/login/code", data=code).status_code == 302
    assert there.get("/staff/account").status_code == 200


@pytest.mark.parametrize(("first", "then"), STEPS)
def test_mailed_links_codes_and_holders_stay_good(workers: Workers, first: str, then: str) -> None:
    made = book(workers[first], **{"Idempotency-Key": "k"})
    told = made.json
    with workers[first].app_context():
        known = find_by_holder(told["reference"], told["holder"])
    there = workers[then].test_client()
    by_link = {"Authorization": f"Bearer {known.token}"}
    assert there.get("/api/v1/appointment", headers=by_link).status_code == 200
    assert there.get(f"/t/{known.token}").status_code == 200
    again = book(workers[then], **{"Idempotency-Key": "k"})
    assert (again.status_code, again.json["reference"]) == (201, told["reference"])
    way = f"/api/v1/appointments/{told['reference']}"
    assert there.post(f"{way}/confirm", json={"holder": told["holder"], "code": known.code}).status_code == 200
    assert workers[first].test_client().post("/api/v1/appointment/cancel", headers=by_link).status_code == 200


@pytest.mark.parametrize(("first", "then"), STEPS)
def test_a_link_made_after_is_good_where_the_key_has_not_changed_yet(workers: Workers, first: str, then: str) -> None:
    told = book(workers[then]).json
    with workers[then].app_context():
        known = find_by_holder(told["reference"], told["holder"])
    there = workers[first].test_client()
    expected = 404 if first == "before" and then == "new key in use" else 200
    assert there.get("/api/v1/appointment", headers={"Authorization": f"Bearer {known.token}"}).status_code == expected


def test_without_the_first_step_a_worker_does_not_know_what_the_next_one_mails(workers: Workers) -> None:
    """Why it takes two steps."""
    told = book(workers["new key in use"]).json
    with workers["new key in use"].app_context():
        known = find_by_holder(told["reference"], told["holder"])
    late = workers["before"].test_client()
    assert late.get("/api/v1/appointment", headers={"Authorization": f"Bearer {known.token}"}).status_code == 404


def test_secret_addresses_of_calendars_and_screens_do_not_depend_on_the_key(workers: Workers) -> None:
    erna = log_in(workers["before"])
    place = "/staff/musterstadt.buergerbuero/feeds"
    form = {"csrf_token": token_in(erna.client.get(place).text), "shows": "busy"}
    address = re.search(r"/feeds/[^/]+\.ics", erna.client.post(place, data=form).text)
    assert address is not None
    assert workers["new key in use"].test_client().get(address[0]).status_code == 200


def test_a_key_that_is_gone_opens_nothing(with_settings: Callable[..., Flask], workers: Workers) -> None:
    erna = log_in(workers["before"])
    told = book(workers["before"]).json
    with workers["before"].app_context():
        known = find_by_holder(told["reference"], told["holder"])
    later = with_settings(secret_key=NEW)
    assert (
        later.test_client().get("/api/v1/appointment", headers={"Authorization": f"Bearer {known.token}"}).status_code
        == 404
    )
    assert erna.at(later).get("/staff/account").status_code == 302
