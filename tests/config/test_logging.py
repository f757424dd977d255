import json
import logging
import sys

import pytest

from config.logging import FORMATS, LOGGING, JsonFormatter, MaskingFormatter, clean, configure, masked


@pytest.mark.parametrize(
    "line",
    [
        "GET /t/k1.SECRET.x-y_z HTTP/1.1",
        "POST /termine/t/SECRET/confirm",
        "GET /t//SECRET HTTP/1.1",
        "GET //t/./SECRET HTTP/1.1",
        "GET /t/x/../SECRET/confirm HTTP/1.1",
        "next=%2Ft%2F%2FSECRET",
        "next=%2Ft%2F/x/../SECRET",
        "Referer: https://example.de/t/SECRET?lang=de",
        "next=%2Ft%2FSECRET%2Fmove",
        "next=%2ft%2fSECRET%3Fa",
        "Authorization: Bearer SECRET",
        "{'path': '/t/SECRET'}",
        "GET /feeds/SECRET.ics HTTP/1.1",
        "GET /termine/feeds/SECRET.ics HTTP/1.1",
        "GET /rooms/SECRET/changes?version=1.2.3 HTTP/1.1",
    ],
)
def test_no_log_line_carries_a_token(line: str) -> None:
    assert "SECRET" not in masked(line)
    assert "[masked]" in masked(line)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Invalid request from ip=203.0.113.7: Invalid HTTP Header: 'SECRET'", "Invalid request: Invalid HTTP Header"),
        ("Invalid request from ip=2001:db8::1: Invalid HTTP Version: (9, 9)", "Invalid request: Invalid HTTP Version"),
        (
            "Invalid request from ip=: limit request headers fields size",
            "Invalid request: limit request headers fields size",
        ),
        ("Error handling request GET /?q=SECRET", "Error handling request"),
        ("Error handling request", "Error handling request"),
    ],
)
def test_what_gunicorn_quotes_of_a_request_is_left_out(line: str, left: str) -> None:
    assert clean(line) == left


def test_a_row_that_postgresql_repeats_is_left_out_however_many_lines_it_has() -> None:
    assert clean("new row\nDETAIL:  Failing row contains (1, Anna\nBeispiel, a note\n\nof SECRET).\n") == "new row"


@pytest.mark.parametrize("line", ["GET /api/v1/municipalities", "/start/x", "GET /t"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert masked(line) == line


def fail(path: str) -> None:
    raise ValueError(f"no such page: {path}")


def test_a_traceback_is_masked_too() -> None:
    try:
        fail("/t/SECRET")
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "at %s", ("/t/SECRET",), sys.exc_info())
    shown = MaskingFormatter("{message}", style="{").format(record)
    assert "ValueError: no such page: /t/[masked]" in shown
    assert "SECRET" not in shown


def test_a_line_of_json_is_masked_and_whole() -> None:
    try:
        fail("/t/SECRET")
    except ValueError:
        arguments = ("/t/SECRET", 'DETAIL: "Anna"\nSECRET')
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "at %s %s", arguments, sys.exc_info())
    shown = JsonFormatter().format(record)
    told = json.loads(shown)
    assert "\n" not in shown
    assert "SECRET" not in shown
    assert "ValueError: no such page: /t/[masked]" in told["exception"]
    assert told["message"] == "at /t/[masked]"
    assert {"time", "level", "logger", "pid"} <= set(told)


def test_every_format_masks() -> None:
    assert {handler["class"] for handler in LOGGING["handlers"].values()} == {"config.discreet.DiscreetHandler"}
    assert {handler["formatter"] for handler in LOGGING["handlers"].values()} <= set(FORMATS)
    classes = {each["()"] for each in LOGGING["formatters"].values()}
    assert classes == {MaskingFormatter, JsonFormatter}
    assert set(LOGGING["formatters"]) == set(FORMATS)


@pytest.mark.parametrize(("form", "formatter"), [("lines", MaskingFormatter), ("json", JsonFormatter)])
def test_the_format_is_chosen_by_its_name(form: str, formatter: type[logging.Formatter]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure(form)
        assert [type(handler.formatter) for handler in root.handlers] == [formatter]
    finally:
        root.handlers[:] = before
        root.setLevel(level)
