"""The commands of operators: doctor, staff add, explain."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from click.testing import Result
from flask import Flask

from booking.extensions import db
from booking.models import Login, Membership
from tests.builders import a_municipality

PASSWORD = "eine lange Losung"


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        a_municipality()
    return app


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=words)


def add(app: Flask, *options: str, name: str = "desk", password: str = PASSWORD) -> Result:
    return run(
        app,
        "staff",
        "add",
        name,
        "--password",
        password,
        *(options or ("--municipality", "musterstadt", "--role", "desk")),
    )


def test_doctor_ends_with_1_and_says_what_is_wrong(app: Flask) -> None:
    outcome = run(app, "doctor")
    assert outcome.exit_code == 1
    assert "There is no municipality" in outcome.output


def test_doctor_speaks_json_to_programs(app: Flask) -> None:
    outcome = run(app, "doctor", "--json", "--alone")
    told = json.loads(outcome.output)
    assert (outcome.exit_code, told["healthy"]) == (1, False)
    assert {found["level"] for found in told["findings"]} <= {"wrong", "note"}
    assert any("There is no municipality" in found["sentence"] for found in told["findings"])


def test_doctor_asks_others_too_unless_it_is_left_alone(town: Flask) -> None:
    assert "mail relay cannot be used" in run(town, "doctor").output
    assert "mail relay" not in run(town, "doctor", "--alone").output


@pytest.mark.parametrize(
    "words",
    [
        ("erase", "--dry-run"),
        ("letters", "held"),
        ("staff", "list"),
        ("backup", "erased", "x"),
        ("backup", "create", "x"),
    ],
)
def test_a_database_without_tables_is_told_in_a_sentence(
    with_settings: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(with_settings(database_url=f"sqlite:///{tmp_path}/empty.sqlite3"), *words)
    assert isinstance(outcome.exception, SystemExit)
    assert (outcome.exit_code, "db upgrade'" in outcome.output) == (1, True)


def test_a_database_that_is_away_is_told_in_a_sentence(with_settings: Callable[..., Flask]) -> None:
    outcome = run(with_settings(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none"), "staff", "list")
    assert (outcome.exit_code, outcome.output) == (1, "Error: The database does not answer; nothing was changed.\n")


def test_a_login_is_stored_with_an_argon2id_hash_and_its_role(town: Flask) -> None:
    assert "added" in add(town).output
    with town.app_context():
        login = db.session.scalars(sa.select(Login)).one()
        assert login.password is not None
        assert login.password.startswith("$argon2id$")
        assert PasswordHasher().verify(login.password, PASSWORD)
        assert [at.role for at in login.memberships] == ["desk"]


def test_a_second_role_is_added_to_the_same_login(town: Flask) -> None:
    add(town)
    options = ("--municipality", "musterstadt", "--office", "buergerbuero", "--role", "phone")
    assert "changed" in add(town, *options).output
    add(town, *options)
    with town.app_context():
        assert sorted(db.session.scalars(sa.select(Membership.role))) == ["desk", "phone"]


@pytest.mark.parametrize(
    ("options", "password", "sentence"),
    [
        pytest.param((), "short", "12 characters", id="a short password"),
        pytest.param(("--municipality", "atlantis", "--role", "desk"), PASSWORD, "no such municipality", id="town"),
        pytest.param(
            ("--municipality", "musterstadt", "--office", "x", "--role", "desk"),
            PASSWORD,
            "no such office",
            id="office",
        ),
        pytest.param(("--municipality", "musterstadt", "--role", "king"), PASSWORD, "'king' is not one of", id="role"),
    ],
)
def test_a_wrong_login_is_refused(town: Flask, options: tuple[str, ...], password: str, sentence: str) -> None:
    outcome = add(town, *options, password=password)
    assert outcome.exit_code != 0
    assert sentence in outcome.output
    with town.app_context():
        assert db.session.scalars(sa.select(Login)).all() == []


def test_explain_names_each_clerk_s_reason(town: Flask) -> None:
    outcome = run(town, "explain", "musterstadt", "buergerbuero", "personalausweis", "2020-01-01")
    assert "An diesem Tag kann noch nicht oder nicht mehr gebucht werden." in outcome.output


@pytest.mark.parametrize(
    ("concern", "day", "quantity", "sentence"),
    [
        pytest.param("zauberei", "2026-11-26", "1", "There is no such concern.", id="concern"),
        pytest.param("personalausweis", "2026-11-26", "99", "nobody can book so many of personalausweis", id="99"),
        pytest.param("personalausweis", "2026-11-26", "0", "0 is not in the range x>=1", id="none"),
        pytest.param("personalausweis", "26.11.2026", "1", "written like 2026-11-24", id="spelling"),
        pytest.param("personalausweis", "0001-01-01", "1", "no day from 2000 to 2100", id="the first day"),
        pytest.param("personalausweis", "9999-12-31", "1", "no day from 2000 to 2100", id="the last day"),
    ],
)
def test_explain_says_in_a_sentence_what_it_cannot_explain(
    town: Flask, concern: str, day: str, quantity: str, sentence: str
) -> None:
    outcome = run(town, "explain", "musterstadt", "buergerbuero", concern, day, "--quantity", quantity)
    assert outcome.exit_code in {1, 2}
    assert isinstance(outcome.exception, SystemExit)  # no traceback
    assert sentence in outcome.output


def test_explain_names_its_arguments_when_one_is_missing(town: Flask) -> None:
    outcome = run(town, "explain", "musterstadt", "buergerbuero", "personalausweis")
    assert (outcome.exit_code, "Missing argument 'DAY'." in outcome.output) == (2, True)
