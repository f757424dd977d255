"""Each request has one id, on its lines and in its answer, and leaves one line that tells nothing about anybody."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from booking.actions import observe, transaction
from booking.web import health
from config.logging import JsonFormatter, MaskingFormatter, request_id
from tests.builders import a_municipality

PROXYS = "9f86d081884c7d659a2feaa0c55ad015"


class Lines(logging.Handler):
    """Keeps each record as JSON, formatted when it is written: later the request's id is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, object]] = []
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(json.loads(self.format(record)))

    def access(self) -> list[dict[str, object]]:
        return [line for line in self.told if line["logger"] == "booking.access"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def test_each_request_leaves_one_line_with_its_route_and_not_its_path(app: Flask, lines: Lines) -> None:
    with app.app_context():
        a_municipality()
    answer = app.test_client().get("/api/v1/municipalities/musterstadt/availability?concern=personalausweis")
    (line,) = lines.access()
    assert line["route"] == "/api/v1/municipalities/<municipality>/availability"
    assert (line["method"], line["status"], line["bytes"]) == ("GET", 200, answer.content_length)
    assert isinstance(line["ms"], float)
    assert "musterstadt" not in json.dumps(line)


def test_what_is_no_page_leaves_no_path_either(client: FlaskClient, lines: Lines) -> None:
    client.open("/anna.beispiel@example.org/no/page", method="ANNA")
    (line,) = lines.access()
    assert (line["route"], line["method"], line["status"]) == ("-", "OTHER", 404)
    assert "anna" not in json.dumps(line).lower()


def test_every_line_of_a_request_and_its_answer_carry_its_id(app: Flask, lines: Lines) -> None:
    answers = [app.test_client().get("/healthz") for _ in range(2)]
    told = [line["request"] for line in lines.access()]
    assert told == [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(told)) == 2
    assert request_id.get() == ""


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        pytest.param(1, PROXYS, True, id="nginx's, from a trusted proxy"),
        pytest.param(1, "ab54a98c-eaa8-4c4d-a4a2-31dcd8b5b5b5", True, id="a UUID"),
        pytest.param(0, PROXYS, False, id="nobody is trusted"),
        pytest.param(1, "short", False, id="too short to be one"),
        pytest.param(1, "a" * 65, False, id="too long"),
        pytest.param(1, "anna.beispiel@example.org", False, id="an address"),
        pytest.param(1, "0123456789abcdef level=error", False, id="a forged line"),
    ],
)
def test_only_a_trusted_proxys_well_formed_id_is_taken(
    with_settings: Callable[..., Flask], proxies: int, given: str, is_taken: bool
) -> None:
    app = with_settings(trusted_proxies=proxies)
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_taken
    assert len(answer.headers["X-Request-ID"]) >= 16


def test_an_error_page_names_the_id_under_which_the_log_has_the_error(
    app: Flask, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Response:
        raise ZeroDivisionError

    monkeypatch.setitem(app.view_functions, "health.healthz", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/healthz")
    number = answer.headers["X-Request-ID"]
    assert number in answer.text
    traced = [line for line in lines.told if "ZeroDivisionError" in str(line.get("exception"))]
    assert [(line["request"], line["message"]) for line in traced] == [(number, "/healthz failed")]
    assert {line["request"] for line in lines.told} == {number}


def test_what_the_database_refuses_stands_under_the_id_of_its_request(
    with_settings: Callable[..., Flask], lines: Lines
) -> None:
    app = with_settings(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=2")
    answer = app.test_client().get("/api/v1/municipalities")
    told = [line for line in lines.told if line["logger"] == transaction.__name__]
    assert [line["request"] for line in told] == [answer.headers["X-Request-ID"]]
    assert answer.status_code == 503


@pytest.mark.parametrize("kernel", ["unreadable", "empty", "missing"])
def test_a_kernel_that_hides_our_memory_breaks_no_answer(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kernel: str
) -> None:
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "empty").touch()
    monkeypatch.setattr(observe, "MEMORY", tmp_path / kernel)
    assert app.test_client().get("/healthz").status_code == 200


def test_lines_for_people_name_the_request_too() -> None:
    record = logging.getLogger(health.__name__).makeRecord("booking", 20, "f", 1, "done", (), None)
    formatter = MaskingFormatter("[{process}] {request}{message}", style="{")
    assert formatter.format(record).endswith("] done")
    token = request_id.set(PROXYS)
    try:
        assert formatter.format(record).endswith(f"] {PROXYS} done")
    finally:
        request_id.reset(token)
