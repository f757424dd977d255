"""The API under whatever its OpenAPI document allows and forbids, and under chains of calls (Schemathesis).

The database holds the Schwarmstedt catalogue with real free times, so that bookings are reached. `make test` tries a
little of it on SQLite, always the same; `make test-long` twenty times as much on both engines, drawn anew.
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from sqlalchemy import select

from booking import clock
from booking.actions.book import book
from booking.actions.find_appointment import find_by_holder
from booking.actions.find_starts import find_starts
from booking.actions.keys import keyring
from booking.actions.load_catalogue import load_catalogue
from booking.extensions import Base, db
from booking.models import Appointment, Municipality
from booking.rules.appointments import Wish
from booking.rules.secrets import ALPHABET, code_of
from booking.web.api import availability, kept
from tests import databases
from tests.budgets import examples
from tests.builders import MONDAY

pytestmark = pytest.mark.hypothesis
FILE = Path(__file__).resolve().parents[3] / "config" / "catalogues" / "schwarmstedt.yaml"
TOWN, OFFICE, CONCERN = "schwarmstedt", "buergerbuero", "personalausweis"
PLAIN = {"Accept-Encoding": "identity"}  # Schemathesis asks for zstd and cannot read it
# What makes a value wrong though no JSON schema can say so; anything else must stand in the document.
BEYOND_SCHEMAS = {
    "control-character", "date-time", "email", "no-letter", "off-grid", "order", "past", "phone", "quantity",
    "required", "unknown-question",
}  # fmt: skip
FACTS = {  # not wrong in themselves, but as things stand
    "confirmation-expired", "key-reused", "link-revoked", "not-combinable", "outside-window", "wrong-code",
}  # fmt: skip
BOOKED = {"appointment", "cell", "letter", "claim", "replay"}
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
Schema = Any  # schemathesis.schemas.BaseSchema; its operations are typed as little


@pytest.fixture(scope="module")
def served(shared_app: Flask, migrated_url: str) -> Iterator[Flask]:
    """The whole catalogue on a Monday morning; nobody has booked, and the one network of all tests may book much."""
    databases.empty(migrated_url)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: MONDAY)
        patched.setitem(shared_app.config, "PROPAGATE_EXCEPTIONS", False)
        with shared_app.app_context():
            load_catalogue(FILE.read_bytes(), FILE.parent, now=MONDAY)
            town = db.session.scalars(select(Municipality)).one()
            town.policy = {**town.policy, "max_open_per_network": 100_000}
            db.session.commit()
        yield shared_app
    databases.empty(migrated_url)


@pytest.fixture(scope="module")
def schema(served: Flask) -> Schema:
    refused = [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 428, 429]  # its own list, 410 and 413 besides
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": refused}}})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served, config=config)


def operations() -> list[str]:
    from booking.web.api.routes import OPERATIONS

    return [f"{each.method} {each.rule.replace('<', '{').replace('>', '}')}" for each in OPERATIONS]


def is_excused(problem: dict[str, Any]) -> bool:
    """Whether no document could have told that this would be refused."""
    return problem["code"] in FACTS or bool({each["code"] for each in problem.get("errors", ())} & BEYOND_SCHEMAS)


def check(case: Any) -> Any:
    """Call the API and look at its answer."""
    answer = case.call(headers=PLAIN)
    check_answer(answer, case)
    return answer


def check_answer(answer: Any, case: Any) -> None:
    """Hold an answer against every check of Schemathesis."""
    refused = answer.status_code in {410, 422} and is_excused(answer.json())
    without = [CHECKS.get_one("positive_data_acceptance")] if refused else []
    if answer.status_code == 404:  # where it expects 401: no token opens nothing, exactly as a wrong one does
        without.append(CHECKS.get_one("missing_required_header"))
    without.append(CHECKS.get_one("ignored_auth"))  # likewise; tests/web/api/test_with_link.py
    case.validate_response(answer, excluded_checks=without)


@pytest.fixture(scope="module")
def free(served: Flask) -> Sequence[datetime]:
    """The free times of an empty month: hundreds, so that the same is seldom asked for twice."""
    with served.app_context():
        found = find_starts(TOWN, [Wish(CONCERN)], office=OFFICE, now=MONDAY)
        return [datetime.fromtimestamp(start, found.catalogue.zone) for start in found.offices[0].starts]


def make_real(case: Any, dice: int, free: Sequence[datetime]) -> None:
    """Ask for what the town really has: what is drawn ends at the town's name."""
    if "municipality" in case.path_parameters:
        case.path_parameters["municipality"] = TOWN
    if "concern" in case.query:
        case.query = {"concern": [f"{CONCERN}:{1 + dice % 6}"]}
    if isinstance(case.body, dict) and "concerns" in case.body:
        start = free[dice % len(free)].isoformat()
        case.body |= {"office": OFFICE, "start": start, "concerns": [{"id": CONCERN}], "answers": {}}


def drawn(case: Any) -> int:
    """Return a number that depends on the case alone."""
    return zlib.crc32(repr((case.query, case.body, case.path_parameters)).encode())


@pytest.mark.parametrize("name", operations())
def test_every_operation_answers_as_its_document_says(schema: Schema, free: Sequence[datetime], name: str) -> None:
    """Permitted and forbidden values, each limit from both sides, methods that are not there."""
    method, path = name.split()
    seen: Counter[int] = Counter()

    def one(case: Any) -> None:
        if case.meta.generation.mode.is_positive and drawn(case) % 3:
            make_real(case, drawn(case), free)
        seen[check(case).status_code] += 1

    run = create_test(
        operation=schema[path][method],
        test_func=one,
        config=HypothesisTestConfig(
            project=schema.config,
            modes=list(HypothesisTestMode),
            settings=settings(max_examples=examples(8), suppress_health_check=QUIET, database=None),
        ),
    )
    run()
    assert seen
    if name.endswith("/appointments"):
        assert seen[201], seen


def test_chains_of_calls_along_the_links_book_confirm_move_and_cancel(
    served: Flask, schema: Schema, free: Sequence[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document's links lead from a free time to its booking and on; what only the mail carries is put in here."""
    reached: Counter[str] = Counter()
    operations = {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}

    @settings(max_examples=examples(25), suppress_health_check=QUIET, database=None)
    @given(data=st.data())
    def walk(data: st.DataObject) -> None:
        dice = random.Random(1)  # what happens may depend on nothing but what is drawn
        monkeypatch.setattr(f"{book.__module__}.new_reference", lambda: "".join(dice.choices(ALPHABET, k=7)))
        served.extensions[availability.KEPT] = kept.KeptAnswers()
        with served.app_context():
            forget_bookings()
        chain = Chain(operations, served, data, free)
        for _ in range(12):
            reached[chain.step()] += 1

    walk()
    assert {name for name in reached if name} >= {"availability", "create", "sendAgain", "correctEmail"}, reached
    assert set(reached) >= {"confirmWithCode", "show", "moveWithToken", "cancelWithToken", "calendar"}, reached


class Chain:
    """One walk: each step is the first one, or follows a link of an answer that came before."""

    def __init__(self, operations: dict[str, Any], app: Flask, data: st.DataObject, free: Sequence[datetime]) -> None:
        self.operations, self.free = operations, free
        self.app, self.data, self.token = app, data, ""
        self.links: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {}  # link, request, answer; newest of each

    def step(self) -> str:
        """Make one call and check its answer; return the operation's name if it succeeded."""
        way = self.data.draw(st.sampled_from([*self.links, *(["show"] if self.token else [])] or ["availability"]))
        link, request, answer = self.links.get(way, ({"operationId": way}, None, {}))
        case = as_its_example(self.operations[link["operationId"]])
        make_real(case, self.data.draw(st.integers(0, 999)), self.free)
        self.follow(case, link, request, answer)
        found = case.call(headers=PLAIN)
        check_answer(found, case)
        if found.status_code >= 300:
            return ""
        self.remember(case, found)
        return str(link["operationId"])

    def follow(self, case: Any, link: dict[str, Any], request: Any, answer: dict[str, Any]) -> None:
        case.path_parameters |= {n: valued(v, request, answer) for n, v in link.get("parameters", {}).items()}
        if wanted := link.get("requestBody"):
            case.body |= {name: valued(value, request, answer) for name, value in wanted.items()}
        if case.operation.definition.raw.get("security"):
            case.headers["Authorization"] = f"Bearer {self.token}"
        if link["operationId"] == "confirmWithCode":
            with self.app.app_context():  # the mail lies open beside the keyboard
                row = db.session.scalars(select(Appointment).where(Appointment.reference == answer["reference"])).one()
                case.body["code"] = code_of(row.reference, row.generation, keyring())

    def remember(self, case: Any, found: Any) -> None:
        told = found.json() if "json" in found.headers["content-type"][0] else {}
        if found.status_code == 201:
            with self.app.app_context():
                self.token = find_by_holder(told["reference"], told["holder"]).token
        success = case.operation.definition.raw["responses"].get(str(found.status_code), {})
        if case.operation.label.endswith("availability") and not any(each["next"] for each in told["offices"]):
            return
        self.links |= {link["operationId"]: (link, case, told) for link in success.get("links", {}).values()}


def as_its_example(operation: Any) -> Any:
    """Return the call that the document shows as its example."""
    raw = operation.definition.raw
    content = raw.get("requestBody", {}).get("content", {})
    body = {"body": dict(content["application/json"]["example"]), "media_type": "application/json"} if content else {}
    names = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), TOWN)
    queries = {"concern": [CONCERN]} if operation.label.endswith("/availability") else {}
    return operation.Case(path_parameters=names, query=queries, headers={}, **body)


def valued(expression: str, request: Any, answer: Any) -> Any:
    """Evaluate an OpenAPI runtime expression, of the kinds that our document uses."""
    if expression.startswith("$request.path."):
        return request.path_parameters[expression.rpartition(".")[2]]
    found = answer
    for part in expression.removeprefix("$response.body#/").split("/"):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def forget_bookings() -> None:
    """Delete what bookings write, and leave the catalogue."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in BOOKED or {key.column.table.name for key in table.foreign_keys} & BOOKED:
            db.session.execute(table.delete())
    db.session.commit()
