"""Every route of the staff's pages, as anonymous, in each role, from another office and from another municipality.

The routes are found, not listed: a new one is walked by itself. Behind the door stands a view that only says that
somebody got in, so that what is compared is the door's decision and nothing else.
"""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from booking.extensions import db
from booking.rules.roles import Role
from tests.builders import a_municipality, an_office
from tests.colleagues import Colleague, a_colleague

HERE, ELSEWHERE = "musterstadt", "anderswo"
EXAMPLES = {  # by the converter's name; a route with another one fails here until it gets an example
    "place": f"{HERE}.buergerbuero",
    "day": "2026-11-24",
    "int": 1,
    "id": 1,
    "any": "move",  # the steps of an appointment that are asked about first
    "string": "beispiel",
    "default": "beispiel",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "beispiel",
}
LET_IN = 299  # no view of ours answers so
STAFF: dict[str, dict[str, Any]] = {
    **{role.value: {"role": role.value} for role in Role},
    **{f"{role.value} of this office": {"role": role.value, "office": "buergerbuero"} for role in Role},
    **{f"{role.value} of another office": {"role": role.value, "office": "standesamt"} for role in Role},
    **{f"{role.value} of another municipality": {"role": role.value, "town": ELSEWHERE} for role in Role},
}


@pytest.fixture
def walked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    with app.app_context():
        for slug in (HERE, ELSEWHERE):
            an_office(a_municipality(slug), "standesamt")
            db.session.commit()
    for rule in staff_rules(app):
        view = app.view_functions[rule.endpoint]
        monkeypatch.setitem(app.view_functions, rule.endpoint, _saying_so(view))
    return app


def _saying_so(view: Any) -> Any:
    @functools.wraps(view)  # which keeps what the route's decorators wrote on it
    def stand_in(**_values: Any) -> tuple[str, int]:
        return "", LET_IN

    return stand_in


def staff_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("staff.")]


def address(rule: Rule, **real: Any) -> str:
    """Return an address of this route, with ``real`` values for arguments of those names."""
    values = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        values[name] = HERE if name == "town" else EXAMPLES[{"integer": "int", "unicode": "string"}.get(kind, kind)]
    found = rule.build(values | {name: real[name] for name in real if name in values}, append_unknown=False)
    assert found is not None, rule
    return str(found[1])


def ways(app: Flask) -> list[tuple[Rule, str]]:
    return [(rule, method) for rule in staff_rules(app) for method in sorted((rule.methods or set()) & {"GET", "POST"})]


def expected(rule: Rule, admitted: frozenset[Role], who: dict[str, Any]) -> int:
    """Say from the declaration alone what the door has to do, without the code that decides it."""
    role, office = Role(who["role"]), who.get("office")
    named = rule.arguments & {"place", "town"}
    if named and who.get("town", HERE) != HERE:
        return 404
    reaches = office in ((None, "buergerbuero") if "place" in named else (None,)) if named else True
    return LET_IN if role in admitted and reaches else 403


@pytest.mark.parametrize("who", STAFF.values(), ids=STAFF.keys())
def test_every_route_admits_whom_it_names_and_nobody_else(walked: Flask, who: dict[str, Any]) -> None:
    somebody = a_colleague(walked, **who)
    wrong = []
    for rule, method in ways(walked):
        admitted = walked.view_functions[rule.endpoint].admits  # type: ignore[attr-defined]
        if admitted is not None:
            found, should = _status(somebody, method, address(rule)), expected(rule, admitted, who)
            wrong += [(rule.endpoint, method, found, should)] if found != should else []
    assert wrong == []


def test_every_route_asks_strangers_for_their_login(walked: Flask) -> None:
    wrong = []
    for rule, method in ways(walked):
        if walked.view_functions[rule.endpoint].admits is None:  # type: ignore[attr-defined]
            continue
        answer = walked.test_client().open(address(rule), method=method)
        polls = getattr(walked.view_functions[rule.endpoint], "polls", False)
        if method == "GET" and not polls:
            good = answer.status_code == 302 and answer.location.startswith("/staff/login?")
        else:
            good = answer.status_code == 401
        wrong += [] if good else [(rule.endpoint, method, answer.status_code)]
    assert wrong == []


def test_every_form_needs_its_token(walked: Flask) -> None:
    admin = a_colleague(walked, "admin")
    got_in = [
        rule.endpoint
        for rule, method in ways(walked)
        if method == "POST" and admin.client.post(address(rule)).status_code == LET_IN
    ]
    assert got_in == []


def test_the_walk_sees_whoever_gets_in_though_the_route_does_not_name_the_role(walked: Flask) -> None:
    view = walked.view_functions["staff.home"]
    view.admits = frozenset({Role.ADMIN})  # type: ignore[attr-defined]
    assert _status(a_colleague(walked, "phone"), "GET", "/staff/") == 403


def _status(somebody: Colleague, method: str, path: str) -> int:
    return (somebody.get(path) if method == "GET" else somebody.post(path)).status_code
