"""The log of errors: what somebody typed is in none, however it got there; what is ours stays readable."""

import io
import json
import logging
import smtplib
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.mail.mailbox import MailboxAway
from config.discreet import DiscreetHandler, concealed
from config.logging import FORMATS, JsonFormatter, MaskingFormatter
from tests.serving import ROOT, environment_for


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


def amid(handled: Exception) -> Exception:
    error = RuntimeError("it broke")
    error.__context__ = handled
    return error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(because(because(KeyError("Anna"))), id="its reason's reason"),
        pytest.param(amid(KeyError("Anna")), id="what was being handled"),
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
        pytest.param(ValueError('integer: "O\'Brien "die Anna" Anna"'), id="marks in what PostgreSQL quotes"),
        pytest.param(ValueError("»Anna «die» »Anna« Anna« Anna"), id="marks in what a German server quotes"),
        pytest.param(ValueError("found 'O'Brien Anna'"), id="an apostrophe in single quotes"),
        *(pytest.param(ValueError(f"of {mark}Anna"), id=f"behind {mark}") for mark in "'\"`«»‹›‘’‚“”„"),
        pytest.param(SyntaxError("'Anna'", ("Anna'\nAnna", 1, 1, "'Anna'", 1, 2)), id="what a parser read"),
        pytest.param(TypeError([ValueError("Anna")]), id="an error in a list"),
        pytest.param(OSError("anna@example.org"), id="an OSError of a library"),
        pytest.param(OSError("'Anna'", "Anna"), id="an OSError without a number"),
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
    refused = 'new row for relation "appointment" violates check constraint "unforeseen"'
    assert all(shown.endswith(refused) for shown in told_of(ValueError(f"{refused}\nDETAIL:  (1, x)")))
    assert all("can't find a place" in shown for shown in told_of(ValueError("can't find a place")))
    assert all("file: '/etc/x'" in shown for shown in told_of(FileNotFoundError(2, "No such file", "/etc/x")))
    assert all("device: '/srv/x'" in shown for shown in told_of(OSError(28, "No space left on device", "/srv/x")))


@pytest.mark.parametrize("kind", [AttributeError, NameError, TypeError, ImportError])
def test_an_error_of_our_code_says_its_names(kind: type[Exception]) -> None:
    assert all("'start' is none" in shown for shown in told_of(kind("'start' is none")))


def test_what_a_library_says_is_not_taken_for_the_system_s() -> None:
    refused = smtplib.SMTPRecipientsRefused({"anna@example.org": (550, b"no Anna here")})
    assert not any("anna" in shown.lower() for shown in told_of(refused))


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


def test_a_german_server_s_own_things_stay_too() -> None:
    words = "Einfügen in Tabelle »appointment« verletzt Fremdschlüssel-Constraint »fk_office«"
    assert all(words in shown for shown in told_of(RuntimeError(words)))
    assert all("table 'appointment'" in shown for shown in told_of(RuntimeError("UPDATE on table 'appointment': 0")))


OURS = ["relation", "table", "column", "constraint", "index", "database", "role", "trigger", "schema"]


@pytest.mark.parametrize("kind", [*OURS, *map(str.title, OURS), "Tabelle", "Spalte", "Datenbank", "Rolle"])
def test_each_kind_of_thing_that_is_ours_keeps_its_name(kind: str) -> None:
    assert concealed(f'{kind} "x-1" is »Anna«') == f'{kind} "x-1" is […]'


def test_parameters_stay_out_where_an_engine_does_not_hide_them() -> None:
    engine, typed = sa.create_engine("sqlite://"), {"name": "Anna"}
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as refused:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), typed)
    engine.dispose()
    for shown in told_of(refused.value):
        assert "Anna" not in shown
        assert "INSERT INTO nowhere" in shown


def test_every_engine_hides_its_parameters() -> None:
    made = [path.read_text() for path in (ROOT / "booking").rglob("*.py")]
    made = [text for text in made if "create_engine(" in text or "SQLAlchemy(" in text]
    assert len(made) == 2
    assert all("hide_parameters" in text for text in made)


def test_a_value_cannot_pass_for_a_statement() -> None:
    for statement in (None, "SELECT 1"):
        refused = sa.exc.IntegrityError(statement, None, Exception("row '\n[SQL: Anna"))
        assert not any("Anna" in shown for shown in told_of(refused))


def logged(form: str, message: object, *arguments: object) -> str:
    """Return what one line writes to stderr."""
    handler = DiscreetHandler(io.StringIO())
    handler.setFormatter(JsonFormatter() if form == "json" else MaskingFormatter("{levelname} {message}", style="{"))
    logger = logging.getLogger("config.test")
    told = logging.getLogger("config.discreet")
    for each in (logger, told):
        each.addHandler(handler)
        each.propagate = False
    try:
        logger.warning(message, *arguments)
    finally:
        for each in (logger, told):
            each.removeHandler(handler)
            each.propagate = True
    return handler.stream.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_among_the_arguments_or_for_a_message_tells_no_value_either(form: str) -> None:
    away = MailboxAway("abort: unexpected response: b'Subject: Termin von Anna'")
    assert "mailbox away: abort: unexpected response: b[…]" in logged(form, "mailbox away: %s", away)
    assert "abort: unexpected response: b[…]" in logged(form, away)
    for holding in ({"a": away}, [away], (away,)):
        assert "Anna" not in logged(form, "mailbox away: %s %s", 1, holding)
    assert "away: 1 abort: unexpected response: b[…]" in logged(form, "away: %(a)d %(b)s", {"a": 1, "b": away})


@pytest.mark.parametrize("form", FORMATS)
def test_what_somebody_else_wrote_begins_no_line_of_ours(form: str) -> None:
    shown = logged(form, "refused: %s", "x\r\n2026-11-23T02:00:00+0000 ERROR \x1b[31m forged\u2028a\u2029b\x85c")
    assert len(shown.splitlines()) == 1
    assert "\x1b" not in shown


FORGED = "bad\n2026-11-23T02:00:00+0000 ERROR   booking [1] forged"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError(FORGED), id="concealed"),
        pytest.param(AttributeError(FORGED), id="said as it is"),
        pytest.param(sa.exc.IntegrityError("SELECT 1", {}, Exception(FORGED)), id="of a driver"),
        pytest.param(because(ValueError(FORGED)), id="a reason"),
    ],
)
def test_what_an_error_says_begins_no_line_of_ours_either(error: Exception) -> None:
    for shown in told_of(error):
        assert "bad\\n2026" in shown


@pytest.mark.parametrize("form", FORMATS)
def test_a_line_that_cannot_be_written_says_where_it_stands_and_nothing_else(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        int("Anna")
    except ValueError:
        shown = logged(form, "letter %d", "anna@example.org") + capsys.readouterr().err
    assert "anna" not in shown.lower()
    assert "test_discreet.py:" in shown
    assert "cannot be written: TypeError" in shown


def test_a_closed_stderr_is_no_fault_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    DiscreetHandler(Gone()).handle(logging.makeLogRecord({"msg": "x"}))
    assert caplog.records == []


def test_what_cannot_be_told_either_is_not_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    handler = DiscreetHandler(io.StringIO())
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("x",), "name": "config.discreet"}))
    assert caplog.records == []


def run(program: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def ended_by(ending: str) -> "subprocess.CompletedProcess[str]":
    program = """
        import atexit
        import click
        from sys import exit
        from threading import Thread
        from config import discreet, logging
        logging.configure()
        discreet.tell_uncaught()
        def fail():
            raise ValueError("'An" + "na'")
    """
    return run(textwrap.dedent(program) + ending)


@pytest.mark.parametrize("ending", ["fail()", "Thread(target=fail).start()", "click.command(fail)()"])
def test_what_ends_a_command_or_a_thread_tells_no_value(ending: str) -> None:
    done = ended_by(ending)
    assert "Anna" not in done.stderr
    assert "CRITICAL config.discreet" in done.stderr
    assert "ValueError: […]" in done.stderr
    assert done.returncode == (0 if "Thread" in ending else 1)


@pytest.mark.parametrize("ending", ["raise KeyboardInterrupt", "Thread(target=exit).start()"])
def test_whoever_ends_it_on_purpose_sees_no_fault_of_ours(ending: str) -> None:
    done = ended_by(ending)
    assert "CRITICAL" not in done.stderr
    assert ("KeyboardInterrupt" in done.stderr) is ("KeyboardInterrupt" in ending)


def test_an_interruption_amid_an_error_does_not_tell_the_error() -> None:
    done = ended_by("try:\n    fail()\nfinally:\n    raise KeyboardInterrupt")
    assert done.stderr == "KeyboardInterrupt\n"
    assert done.returncode == ended_by("raise KeyboardInterrupt").returncode


@pytest.mark.parametrize("ending", ["type('', (), {'__del__': lambda _: fail()})()", "atexit.register(fail)"])
def test_an_error_that_nobody_can_catch_tells_no_value(ending: str) -> None:
    done = ended_by(ending)
    assert "Anna" not in done.stderr
    assert "ERROR   config.discreet" in done.stderr
    assert "ValueError: […]" in done.stderr


def test_commands_and_web_tell_what_ends_them_by_the_log(free_port: int, tmp_path: Path) -> None:
    environment = environment_for(f"sqlite:///{tmp_path}/town.sqlite3", port=free_port)
    done = run('import wsgi; raise ValueError("\'An" + "na\'")', environment)
    assert "Anna" not in done.stderr
    assert "ValueError: […]" in done.stderr


@pytest.mark.parametrize("hostile", ["\\'" * 20_000, "x" * 60_000], ids=["quotes", "an address"])
def test_a_long_line_of_quotes_or_without_any_costs_no_time(hostile: str) -> None:
    begun = time.process_time()
    concealed(hostile)  # quadratic, it would take five seconds and more
    assert time.process_time() - begun < 2
