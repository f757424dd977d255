"""The operator's commands for logins and groups."""

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from booking import clock
from booking.actions.log_in import HASHER
from booking.actions.staff_sessions import open_session
from booking.extensions import db
from booking.models import Audit, GroupRole, Login, LoginSession
from tests.builders import a_municipality
from tests.colleagues import a_login

PASSWORD = "eine lange Losung"


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        a_municipality()
        for name, role in (("erna", "desk"), ("anna", "admin")):
            actor = a_login(name, role)
            open_session(actor.login, now=clock.now())
    return app


def staff(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=("staff", *words))


def ask(app: Flask, query: sa.Select) -> list:
    with app.app_context():
        return list(db.session.scalars(query))


def test_the_list_names_roles_and_what_is_special(town: Flask) -> None:
    staff(town, "deactivate", "erna")
    assert staff(town, "list").output == "anna: admin at musterstadt\nerna: desk at musterstadt, deactivated\n"


def test_a_deactivated_login_is_out_at_once_and_can_come_back(town: Flask) -> None:
    assert "deactivated" in staff(town, "deactivate", "erna").output
    assert len(ask(town, sa.select(LoginSession.id))) == 1
    assert "activated" in staff(town, "activate", "erna").output
    assert all(ask(town, sa.select(Login.active)))


def test_the_last_admin_is_not_removed_silently(town: Flask) -> None:
    refused = staff(town, "deactivate", "anna")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert all(ask(town, sa.select(Login.active)))
    assert staff(town, "deactivate", "anna", "--force").exit_code == 0


def test_a_new_password_ends_every_session_of_its_login(town: Flask) -> None:
    assert staff(town, "password", "erna", "--password", PASSWORD).exit_code == 0
    stored = ask(town, sa.select(Login.password).where(Login.name == "erna"))[0]
    assert HASHER.verify(stored, PASSWORD)
    assert len(ask(town, sa.select(LoginSession.id))) == 1


def test_adding_a_role_to_a_login_keeps_the_operator_in_the_log_without_a_login(town: Flask) -> None:
    words = ("add", "erna", "--password", PASSWORD, "--municipality", "musterstadt", "--role", "phone")
    assert "changed" in staff(town, *words).output
    assert "added" in staff(town, *words[:1], "neu", *words[2:]).output
    with town.app_context():
        found = db.session.execute(sa.select(Audit.role, Audit.login_id, Audit.verb).order_by(Audit.id)).all()
    assert [tuple(row) for row in found] == [("operator", None, "role-given"), ("operator", None, "login-made")]


@pytest.mark.parametrize(
    "words",
    [
        ("deactivate", "niemand"),
        ("activate", "niemand"),
        ("password", "niemand", "--password", PASSWORD),
        ("reset-factor", "niemand"),
        ("group", "g", "--municipality", "atlantis", "--role", "desk"),
        ("ungroup", "g", "--municipality", "musterstadt"),
        ("password", "erna", "--password", "kurz"),
    ],
    ids=" ".join,
)
def test_what_does_not_exist_is_said_in_a_sentence(town: Flask, words: tuple[str, ...]) -> None:
    outcome = staff(town, *words)
    assert outcome.exit_code == 1
    assert outcome.output.startswith("Error: The")


def test_a_group_gets_a_role_changes_it_and_loses_it(town: Flask) -> None:
    place = ("--municipality", "musterstadt", "--office", "buergerbuero")
    staff(town, "group", "Amt 33", *place, "--role", "desk")
    staff(town, "group", "Amt 33", *place, "--role", "phone", "--books-only")
    staff(town, "group", "Amt 33", "--municipality", "musterstadt", "--role", "manager")
    assert staff(town, "groups").output == (
        "Amt 33: phone at musterstadt.buergerbuero, books only\nAmt 33: manager at musterstadt\n"
    )
    staff(town, "ungroup", "Amt 33", *place)
    assert ask(town, sa.select(GroupRole.role)) == ["manager"]
