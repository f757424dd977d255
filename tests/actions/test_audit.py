"""The audit log: the database itself keeps it unchanged until its deadline; then the sweep erases it."""

import ast
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.ctx import AppContext
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from booking import clock
from booking.actions.audit import record
from booking.actions.erase_expired import erase_expired
from booking.extensions import db
from booking.models import Audit, Municipality
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor
from booking.web.staff.audit_words import VERBS
from tests.builders import a_municipality, an_appointment
from tests.colleagues import a_login
from tests.trails import citizens_in_the_log

ACTIONS = Path(__file__).resolve().parent.parent.parent / "booking" / "actions"
RECORDERS = {"record", "record_login", "record_by_operator"}
YEAR = timedelta(days=366)


@pytest.fixture
def by(context: AppContext) -> Actor:
    a_municipality()
    return a_login("erna", "manager")


def an_entry(by: Actor, at: datetime) -> None:
    record(by, "log-in", f"login {by.login}", now=at)
    db.session.commit()


def entries() -> int:
    return len(db.session.scalars(select(Audit.id)).all())


@pytest.mark.parametrize("statement", [update(Audit).values(verb="other"), delete(Audit)], ids=["change", "erase"])
def test_nobody_changes_or_erases_an_entry_before_its_deadline(by: Actor, statement) -> None:
    an_entry(by, clock.now())
    with pytest.raises(DBAPIError, match="audit log"):
        db.session.execute(statement)
    db.session.rollback()
    assert db.session.scalars(select(Audit.verb)).all() == ["log-in"]


def test_an_old_entry_cannot_be_changed_either(by: Actor) -> None:
    an_entry(by, clock.now() - YEAR)
    with pytest.raises(DBAPIError, match="never changes"):
        db.session.execute(text("UPDATE audit SET details = '{}'"))


def test_the_sweep_erases_what_is_older_than_its_municipality_keeps_it(by: Actor) -> None:
    now = clock.now()
    for age in (timedelta(days=364), timedelta(days=366)):
        an_entry(by, now - age)
    erase_expired(now=now)
    assert entries() == 1


def test_a_municipality_may_keep_it_for_a_shorter_time(by: Actor) -> None:
    db.session.execute(update(Municipality).values(retention={"audit": 90}))
    now = clock.now()
    for age in (timedelta(days=89), timedelta(days=91)):
        an_entry(by, now - age)
    erase_expired(now=now)
    assert entries() == 1


def test_nobody_gets_rid_of_a_trace_by_setting_the_deadline_to_nothing(by: Actor) -> None:
    db.session.execute(update(Municipality).values(retention={"audit": 0}))
    now = clock.now()
    an_entry(by, now - timedelta(days=29))
    erase_expired(now=now)
    assert entries() == 1
    with pytest.raises(DBAPIError, match="deadline"):
        db.session.execute(delete(Audit))


def test_no_table_is_emptied_in_one_go_on_postgresql(by: Actor, engine: str) -> None:
    if engine == "sqlite":
        return  # it has no TRUNCATE; its DELETE without WHERE asks the trigger for every row
    with pytest.raises(DBAPIError, match="audit log"):
        db.session.execute(text("TRUNCATE audit"))


def written_verbs() -> set[str]:
    """Every verb that an action of the house records, literally; what is put together is tested below."""
    found = set()
    for path in ACTIONS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "record",
                "record_login",
                "record_by_operator",
            }:
                found |= {node.args[1].value} if isinstance(node.args[1], ast.Constant) else set()
    return {verb for verb in found if isinstance(verb, str)}


def test_every_verb_that_an_action_records_has_a_sentence() -> None:
    assert "log-in" in written_verbs()
    assert written_verbs() - set(VERBS) == set()


def test_every_step_at_the_counter_and_its_way_back_has_a_sentence() -> None:
    steps = {verb.value.replace("_", "-") for verb in Verb} - {"confirm", "expire", "move", "cancel"}
    assert steps | {f"undo-{step}" for step in steps} <= set(VERBS)


@pytest.mark.parametrize(
    "leak", [{"fields": "anna@example.org"}, {"was": {"name": "Anna Beispiel"}}], ids=["text", "deep"]
)
def test_an_entry_with_a_citizen_s_data_fails_the_test_that_wrote_it(by: Actor, leak: dict[str, object]) -> None:
    an_appointment()
    assert citizens_in_the_log() == []
    record(by, "found", "appointment ABC2346", now=clock.now(), **leak)
    assert len(citizens_in_the_log()) == 1
    db.session.rollback()
