"""The OpenAPI document: complete, right by its own rules, and true of what the API really answers."""

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from booking import errors
from booking.web.api.routes import OPERATIONS
from tests.web.api.conftest import Caller
from tests.web.api.test_catalogue import furnish

METHODS = {"GET", "POST"}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def check(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    Draft202012Validator(schema | {"components": document["components"]}).validate(value)


def test_every_call_of_the_api_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method.upper() in METHODS
    }
    served = {
        (method, rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in METHODS & (rule.methods or set())
    }
    assert described == served
    assert len(described) == len(OPERATIONS) == 14


def test_it_says_where_it_is_served_and_how_one_proves_oneself(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/api/v1"}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    secured = {
        path
        for path, told in document["paths"].items()
        for op in told.values()
        if isinstance(op, dict) and op.get("security")
    }
    assert secured == {f"/appointment{rest}" for rest in ("", "/confirm", "/cancel", "/move", "/calendar.ics")}


def test_every_schema_is_valid_and_every_reference_resolves(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split('"#/components/')[1:]}
    for name in names:
        kind, _, item = name.partition("/")
        assert item in document["components"][kind], name


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    checked = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            if not isinstance(operation, dict):
                continue
            answers = [answer for answer in operation["responses"].values() if "content" in answer]
            contents = [
                content
                for answer in [*answers, operation.get("requestBody", {})]
                for content in answer.get("content", {}).values()
            ]
            for content in contents:
                values = (
                    [content["example"]]
                    if "example" in content
                    else [each["value"] for each in content["examples"].values()]
                )
                for value in values:
                    check(document, content["schema"], value)
                    checked += 1
    assert checked > 80


def test_every_refusal_of_the_house_is_described_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refusal)]
    public = [kind for kind in kinds if not issubclass(kind, errors.StaffRefusal)]
    concrete = [kind for kind in public if kind.code != errors.Refusal.code]
    assert [kind.code for kind in concrete if f'"code": "{kind.code}"' not in text] == []


def test_every_operation_has_words_an_example_and_its_refusals(document: dict[str, Any]) -> None:
    ids = set()
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method.upper() not in METHODS:
                continue
            ids.add(operation["operationId"])
            assert operation["summary"].endswith(".")
            assert "503" in operation["responses"]
            assert "Retry-After" in operation["responses"]["503"]["headers"]
            if method == "post":
                assert {"400", "413", "422"} <= set(operation["responses"])
    assert len(ids) == 14


def test_real_answers_fit_what_is_described(api: Caller, document: dict[str, Any]) -> None:
    furnish(api.app)
    booked = api.book()
    holder, link = {"holder": booked.json["holder"]}, api.with_link(booked)
    town, mine = "/municipalities/{municipality}", "/appointments/{reference}"
    by_reference = f"/appointments/{booked.json['reference']}"
    answers = [
        ("get", "/municipalities", api.get("/municipalities")),
        ("get", f"{town}/offices", api.get("/municipalities/musterstadt/offices")),
        ("get", f"{town}/concerns", api.get("/municipalities/musterstadt/concerns")),
        ("get", f"{town}/referrals", api.get("/municipalities/musterstadt/referrals")),
        ("get", f"{town}/availability", api.get("/municipalities/musterstadt/availability?concern=personalausweis")),
        ("get", f"{town}/availability", api.get("/municipalities/musterstadt/availability?concern=dog")),
        ("post", f"{town}/appointments", booked),
        ("post", f"{town}/appointments", api.book()),
        ("post", f"{town}/appointments", api.book(name="")),
        ("post", f"{mine}/resend", api.post(f"{by_reference}/resend", holder)),
        ("post", f"{mine}/confirm", api.post(f"{by_reference}/confirm", holder | {"code": "000000"})),
        ("get", "/appointment", api.get("/appointment", **link)),
        ("post", "/appointment/confirm", api.post("/appointment/confirm", **link)),
        ("post", f"{mine}/email", api.post(f"{by_reference}/email", holder | {"email": "b@example.org"})),
        ("post", "/appointment/cancel", api.post("/appointment/cancel", **link)),
        ("post", "/appointment/move", api.post("/appointment/move", {"start": "2026-11-26T09:00:00+01:00"}, **link)),
    ]
    for method, path, answer in answers:
        described = document["paths"][path][method]["responses"][str(answer.status_code)]
        check(document, described["content"][answer.mimetype]["schema"], answer.json)
        assert set(described.get("headers", {})) <= set(answer.headers.keys()) | {"Retry-After"}


def test_the_reference_and_the_list_of_problems_are_served(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/v1/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "http" not in page.text.replace("http-equiv", "")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    problems = client.get("/api/v1/problems?lang=en")
    assert 'id="start-taken"' in problems.text
    assert "Please choose another free time." in problems.text


def test_below_a_path_the_document_says_so(with_settings: Any) -> None:
    below = with_settings(base_url="https://town.example/amt").test_client()
    assert below.get("/amt/api/v1/openapi.json").json["servers"] == [{"url": "/amt/api/v1"}]
