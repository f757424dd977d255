"""The Host header is the asker's word: no address is made from it, and none breaks anything."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.builders import a_municipality

WRONG = ["a" * 64 + ".example", "a" * 300, "a..b", "evil.example/x", "a b", "", "..", "[::1", "evil.example:99999"]


@pytest.mark.parametrize("host", WRONG)
@pytest.mark.parametrize("path", ["/", "/musterstadt/", "/staff/", "/api/v1/municipalities", "/healthz", "/nowhere"])
def test_a_host_that_is_none_gets_a_sentence(app: Flask, host: str, path: str) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get(path, headers={"Host": host})
    assert answer.status_code < 500
    assert len(answer.text) > 20 or answer.status_code < 400
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("path", ["/", "/staff/", "/musterstadt/", "/api/v1/municipalities", "/musterstadt/link"])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"])
def test_no_answer_repeats_a_strange_host(app: Flask, header: str, path: str) -> None:
    with app.app_context():
        a_municipality()
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    answer = app.test_client().get(path, headers={header: value}, follow_redirects=False)
    assert "evil.example" not in f"{answer.headers} {answer.text}"


def test_the_protocol_is_believed_from_trusted_proxies_only(with_settings: Callable[..., Flask]) -> None:
    alone = with_settings().test_client().get("/staff/", headers={"X-Forwarded-Proto": "https"})
    assert alone.location.startswith("/")
