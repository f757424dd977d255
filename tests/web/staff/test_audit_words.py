"""The audit log speaks German: whatever the house records has its words, so that nobody reads the names of code."""

import ast
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from booking.actions.audit import OPERATOR
from booking.actions.call_list import Press
from booking.actions.relocate import DONE
from booking.actions.resend_by_staff import AGAIN
from booking.catalogue.editing import DEFINITIONS
from booking.rules.cautions import REASONS
from booking.rules.feeds import Shows
from booking.rules.lifecycle import CancelledBy, Verb
from booking.rules.marks import MARKS
from booking.rules.roles import Role
from booking.web.staff.audit_words import CODES, DETAILS, KINDS, VERBS

HOUSE = Path(__file__).resolve().parents[3] / "booking"
RECORDERS = {"record", "record_login", "record_by_operator"}
OTHERWISE_TOLD = {"now", "office"}


def calls() -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Return every call that writes the log, and the function it stands in."""
    for file in sorted((HOUSE / "actions").glob("*.py")):
        if file.name == "audit.py":
            continue
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in RECORDERS:
                        yield function, call


def words_of(call: ast.Call, place: int) -> set[str]:
    """Return the constants that an argument may be, either of ``a if b else c`` too; of ``f"clerk {slug}"`` the f."""
    if place >= len(call.args):
        return set()
    argument = call.args[place]
    parts = argument.values[:1] if isinstance(argument, ast.JoinedStr) else [argument]
    branches = itertools.chain.from_iterable([p.body, p.orelse] if isinstance(p, ast.IfExp) else [p] for p in parts)
    return {str(part.value) for part in branches if isinstance(part, ast.Constant)}


def details_of(function: ast.FunctionDef, call: ast.Call) -> set[str]:
    """Return the names under which a call tells details; of ``**told`` every string that its function keys a map by."""
    named = {keyword.arg for keyword in call.keywords if keyword.arg}
    if any(keyword.arg is None for keyword in call.keywords):
        for node in ast.walk(function):
            if isinstance(node, ast.Dict):
                named |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.slice, ast.Constant)
            ):
                named.add(node.slice.value)
    return {name for name in named if isinstance(name, str)} - OTHERWISE_TOLD


def test_whatever_is_recorded_is_found() -> None:
    assert len(list(calls())) > 40


def test_every_detail_of_the_log_has_a_german_name() -> None:
    told = set().union(*(details_of(*found) for found in calls()))
    told |= {"left", "clerks", "from", "to", "office_left", "every", "first", "last", "hours"}  # made beside the call
    assert told - {*DETAILS, "outside-blocks"} == set()


def test_every_verb_of_the_log_has_a_german_name() -> None:
    said = {verb for _, call in calls() for verb in words_of(call, 1) if not verb.endswith("-")}
    marks = {verb.value.replace("_", "-") for verb in (*MARKS, Verb.EXTEND)}
    said |= marks | {f"undo-{verb}" for verb in marks}
    said |= {f"call-{press.value}" for press in Press} | {f"stranded-{did.value}" for did in DONE}
    assert said - set(VERBS) == set()


def test_every_subject_of_the_log_has_a_german_name() -> None:
    kinds = {subject.split()[0] for _, call in calls() for subject in words_of(call, 2) if subject.strip()}
    assert (kinds | set(DEFINITIONS.values())) - set(KINDS) == set()


def fields() -> set[str]:
    """Return every key of an entry that the application edits, and what can be corrected of an appointment."""
    schema = json.loads((HOUSE / "catalogue/schema.json").read_text())["$defs"]
    kinds = set(DEFINITIONS.values()) - {"closure", "referral"}
    return {"phone", "email", "language"} | {name for kind in kinds for name in schema[kind]["properties"]}


@pytest.mark.parametrize(
    ("detail", "codes"),
    [
        pytest.param("role", {role.value for role in Role} | {OPERATOR}, id="roles"),
        pytest.param("channel", {"online", "phone", "desk", "api"}, id="channels"),
        pytest.param("letter", {kind.value for kind in AGAIN.values()}, id="letters"),
        pytest.param("shows", {shows.value for shows in Shows}, id="what feeds show"),
        pytest.param("wished_by", {by.value for by in CancelledBy}, id="who wished it"),
        pytest.param("reasons", {*map(str, REASONS), *itertools.chain(*REASONS.values())}, id="reasons"),
        pytest.param("fields", fields(), id="fields"),
    ],
)
def test_every_code_of_the_log_has_a_german_name(detail: str, codes: set[str]) -> None:
    assert codes - set(CODES[detail]) == set()
