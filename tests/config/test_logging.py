import json
import logging
import sys
import time

import pytest
import sqlalchemy as sa

from config.logging import FORMATS, LOGGING, JsonFormatter, MaskingFormatter, clean, concealed, configure, masked


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


REFUSED = (
    "psycopg.errors.CheckViolation: new row\nDETAIL:  Failing row contains (1, Anna\nBeispiel, a note\n\nof SECRET).\n"
)


@pytest.mark.parametrize(
    "after", ["[SQL: INSERT INTO x]", "\nThe above exception was the direct cause", "  | [SQL: INSERT INTO x]", ""]
)
def test_a_row_that_postgresql_repeats_is_left_out_however_many_lines_it_has(after: str) -> None:
    assert clean(REFUSED + after) == f"psycopg.errors.CheckViolation: new row\n{after.strip(chr(10))}"


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


def told_of(error: Exception) -> tuple[str, ...]:
    def broken() -> None:
        raise error

    try:
        broken()
    except type(error):
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "broken", (), sys.exc_info())
    lines = MaskingFormatter("{message}", style="{").format(record)
    return lines, json.loads(JsonFormatter().format(record))["exception"]


def noted(words: str) -> Exception:
    error = ValueError("wrong")
    error.add_note(words)
    return error


def because(reason: Exception) -> Exception:
    error = RuntimeError("it broke")
    error.__cause__ = reason
    return error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(because(because(KeyError("Anna"))), id="its reason's reason"),
        pytest.param(KeyError("anna@example.org"), id="a key"),
        pytest.param(ValueError("invalid literal for int(): 'Anna Müller'"), id="a value"),
        pytest.param(ValueError("\"Anna\" is <anna@example.org>, 'O\\'Anna'"), id="quotes in quotes"),
        pytest.param(ValueError("can't read 'Anna Müller', nor can't 'Anna'"), id="behind an apostrophe"),
        pytest.param(ValueError("invalid: 'Anna Müller, and cut off"), id="never closed"),
        pytest.param(ValueError("ungültige Eingabesyntax für Typ integer: »Anna«"), id="a German server"),
        pytest.param(RuntimeError('first line\ninvalid input syntax for type integer: "Anna"'), id="several lines"),
        pytest.param(ValueError("'Frau\n  Anna\nTypeError: Anna\n[SQL: Anna'"), id="a quote of several lines"),
        pytest.param(ValueError(f"{'x' * 99}.anna@example.org is none"), id="a long address"),
        pytest.param(
            ValueError("row\nDETAIL:  (1, Anna\nThe above exception \n[SQL: Anna)"), id="a row of several lines"
        ),
        pytest.param(noted("of Anna\n  Anna"), id="a note"),
        pytest.param(ExceptionGroup("some", [ValueError("'Anna'"), KeyError("Anna")]), id="a group"),
    ],
)
def test_an_error_that_nobody_foresaw_names_nobody(error: Exception) -> None:
    for shown in told_of(error):
        assert "anna" not in shown.lower()
        assert f"{type(error).__name__}:" in shown.replace("ExceptionGroup: some", "ExceptionGroup:")
        assert "in broken" in shown
        assert "raise error" in shown


def test_what_an_error_says_of_the_program_stays() -> None:
    said = ("'NoneType' object has no attribute 'start'", "[Errno 2] No such file: '/etc/wartefrei/x'")
    refused = 'new row for relation "appointment" violates check constraint "unforeseen"'
    assert all(refused in shown for shown in told_of(ValueError(refused)))
    assert all(said[0] in shown for shown in told_of(AttributeError(said[0])))
    assert all(said[1] in shown for shown in told_of(FileNotFoundError(said[1])))


def test_a_statement_stays_behind_what_it_was_refused_for() -> None:
    refused = sa.exc.IntegrityError(
        "INSERT INTO x (\"start\") VALUES ('pending')", {}, Exception("row 'Anna'\nDETAIL:  Anna")
    )
    for shown in told_of(refused):
        assert "INSERT INTO x (\"start\") VALUES ('pending')" in shown
        assert "Anna" not in shown


def test_what_postgresql_calls_its_own_things_stays_and_the_value_beside_it_does_not() -> None:
    for shown in told_of(RuntimeError('unique constraint "claim_pkey" of relation »claim« refuses "Anna"')):
        assert 'unique constraint "claim_pkey" of relation »claim« refuses […]' in shown


def test_a_long_line_of_quotes_costs_no_time() -> None:
    begun = time.process_time()
    concealed("\\'" * 20_000 + "x" * 200_000)  # quadratic, it would take a quarter of a minute
    assert time.process_time() - begun < 2


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
    assert told["message"] == ""
    assert {"time", "level", "logger", "pid"} <= set(told)


def test_every_format_masks() -> None:
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
