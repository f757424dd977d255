"""What holds for every door: open to other origins, silent about secrets and faults, GET never writes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from booking.actions.find_appointment import find_by_holder
from booking.extensions import db
from tests.web.api.conftest import BOOKING, TOWN, Caller

pytestmark = pytest.mark.both_engines

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|ALTER|CREATE|DROP)\b", re.IGNORECASE)


@pytest.mark.parametrize("path", ["/municipalities", "/municipalities/x/offices", "/nowhere", "/appointment"])
def test_every_answer_may_be_read_by_every_origin_and_sets_no_cookie(api: Caller, path: str) -> None:
    answer = api.get(path, Origin="https://www.town.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Retry-After"
    assert not {"Set-Cookie", "Access-Control-Allow-Credentials"} & set(answer.headers.keys())


def test_browsers_may_ask_before_they_book(client: Any) -> None:
    asked = {
        "Origin": "https://www.town.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key,authorization",
    }
    answer = client.options(f"{TOWN}/appointments", headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip() for name in answer.headers["Access-Control-Allow-Headers"].lower().split(",")}
    assert {"content-type", "idempotency-key", "authorization", "if-none-match"} <= allowed


def test_no_get_writes(api: Caller) -> None:
    """Over every GET of the house, citizens' pages included; an argument that is new here needs an example.

    The staff's own are walked behind their login: ``tests/web/staff/test_reading.py``.
    """
    booked = api.book()
    with api.app.app_context():
        token = find_by_holder(booked.json["reference"], booked.json["holder"]).token
        engine = db.engine
    examples = {
        "municipality": "musterstadt",
        "token": token,
        "reference": booked.json["reference"],
        "filename": "x.css",
        "secret": "x",
    }
    written: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        written.extend(WRITES.findall(statement))

    event.listen(engine, "before_cursor_execute", note)
    called = 0
    for rule in api.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith("staff."):
            continue
        arguments = {name: examples[name] for name in rule.arguments}
        with api.app.test_request_context():
            path = api.app.url_for(rule.endpoint, **arguments)
        query = "concern=personalausweis" if "availability" in path else ""
        answer = api.client.get(path, query_string=query, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, path
        called += 1
    event.remove(engine, "before_cursor_execute", note)
    assert (written, called > 14) == ([], True)


def test_what_unexpectedly_fails_says_nothing_but_a_number(
    api: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("anna@example.org")

    monkeypatch.setattr("booking.web.api.appointments.book", broken)
    api.app.config["PROPAGATE_EXCEPTIONS"] = False
    refused = api.book()
    assert (refused.status_code, refused.mimetype, refused.json["code"]) == (500, "application/problem+json", "error")
    assert "anna" not in refused.text
    number = re.search(r"[0-9a-f]{16}", refused.json["detail"])
    assert number is not None
    assert f"request {number[0]} failed: KeyError" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("DELETE", "/municipalities", 405, "method-not-allowed", id="a method that it does not know"),
        pytest.param("GET", "/appointment/cancel", 405, "method-not-allowed", id="a link cannot cancel"),
        pytest.param("GET", "/appointments/2222222/confirm", 405, "method-not-allowed", id="a link cannot confirm"),
        pytest.param("GET", "/municipalities/", 404, "not-found", id="a slash too many"),
    ],
)
def test_errors_of_http_are_problems_too(api: Caller, method: str, path: str, status: int, code: str) -> None:
    answer = api.client.open(f"/api/v1{path}", method=method)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, "application/problem+json", code)
    assert status != 405 or "Allow" in answer.headers


def test_elsewhere_errors_are_pages(api: Caller) -> None:
    answer = api.client.get("/there/is/no/such/page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/municipalities", id="municipalities"),
        pytest.param("GET", "/municipalities/musterstadt/offices", id="offices"),
        pytest.param("GET", "/municipalities/musterstadt/availability?concern=personalausweis", id="free times"),
        pytest.param("POST", "/municipalities/musterstadt/appointments", id="booking"),
        pytest.param("POST", "/appointments/K7MWX3P/resend", id="sending again"),
        pytest.param("GET", "/appointment", id="an appointment"),
    ],
)
def test_without_a_database_every_door_says_so_and_when_to_come_back(
    with_settings: Callable[..., Flask], engine: str, tmp_path: Path, method: str, path: str
) -> None:
    nowhere = {
        "sqlite": f"sqlite:///{tmp_path}/no/such/folder.sqlite3",
        "postgresql": "postgresql+psycopg://nobody@127.0.0.1:9/nothing",
    }
    caller = with_settings(database_url=nowhere[engine]).test_client()
    token = {"Authorization": "Bearer abcdK7MWX3P" + "a" * 26}
    body = BOOKING if path.endswith("appointments") else {"holder": "x"}
    sent = {"json": body} if method == "POST" else {}
    answer = caller.open(f"/api/v1{path}", method=method, headers=token, **sent)
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_connection_that_broke_is_replaced_unnoticed(api: Caller) -> None:
    query = "/municipalities/musterstadt/availability?concern=personalausweis"
    assert api.get(query).status_code == 200
    with api.app.app_context():
        if db.engine.dialect.name != "postgresql":
            return
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        db.session.execute(text(f"{mine} pg_backend_pid()"))
        db.session.rollback()
    assert [api.get(query).status_code for _ in range(3)] == [200, 200, 200]
    assert api.book().status_code == 201
