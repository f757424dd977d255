"""What every answer of the house carries: its policy, nothing that tells too much, nothing that is kept too long."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking import clock
from tests.builders import MONDAY, a_municipality, an_appointment
from tests.colleagues import a_colleague

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DIRECTIVES = {"default-src 'none'", "base-uri 'none'"}  # the first stands for object-src and all the others too
TELLING = {"Server", "X-Powered-By", "X-AspNet-Version", "Via"}
EVIL = [
    "//evil.example", "\\\\evil.example", "/\\evil.example", "https://evil.example", "%2F%2Fevil.example",
    "/%5Cevil.example", "/staff//evil.example/%2e%2e", "/\tevil.example", "///evil.example",
    "/staff/\\..\\..//evil.example", "javascript:alert(1)", "/staff/..//evil.example", "http:evil.example",
    "https:/evil.example", "/\x00/evil.example", "//evil.example/staff/",
]  # fmt: skip
PERSONAL = re.compile(r"/t/|/staff/(?!login|sso)|/appointment|/feeds/|/rooms/")
VALUES = {
    "municipality": "musterstadt", "town": "musterstadt", "place": "musterstadt.buergerbuero", "day": "2026-11-24",
    "filename": "citizen.css",
}  # fmt: skip


@pytest.fixture
def token(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        a_municipality()
        return an_appointment().token


def way(rule: Rule, token: str) -> str:
    """Return an address of the route; where they name nothing, its answer is an error, which counts too."""
    path = rule.rule
    for name, converter in rule._converters.items():
        number = "1" if type(converter).__name__ == "IntegerConverter" else ""
        value = token if name == "token" else VALUES.get(name) or number or "beispiel"
        path = re.sub(rf"<(?:[^<>]*:)?{name}>", value, path)
    return path


def answers(app: Flask, token: str) -> Iterator[tuple[str, TestResponse]]:
    """Every route by every method that browsers use, as nobody and as an admin."""
    admin = a_colleague(app, "admin", now=MONDAY)
    for rule in app.url_map.iter_rules():
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            path = way(rule, token)
            yield (
                f"{method} {path}",
                app.test_client().open(
                    path, method=method, headers={"Authorization": f"Bearer {token}"}, buffered=True
                ),
            )
            if method == "GET" and rule.endpoint.startswith("staff."):
                yield f"admin {path}", admin.get(path)


def test_every_answer_carries_the_headers_and_a_policy_without_unsafe(app: Flask, token: str) -> None:
    wrong, seen = [], 0
    for name, answer in answers(app, token):
        policy = answer.headers.get("Content-Security-Policy", "")
        good = all(answer.headers.get(header) == value for header, value in ALWAYS.items())
        good &= "unsafe" not in policy and "frame-ancestors" in policy
        good &= set(policy.split("; ")) >= DIRECTIVES or policy.startswith("default-src 'none'; ")
        good &= not TELLING & set(answer.headers.keys()) and answer.status_code < 500
        wrong += [] if good else [(name, answer.status_code, dict(answer.headers))]
        seen += 1
    assert wrong == []
    assert seen > 300


def test_nobody_between_keeps_what_is_personal(app: Flask, token: str) -> None:
    wrong = []
    for name, answer in answers(app, token):
        kept = answer.headers.get("Cache-Control", "")
        if PERSONAL.search(name) and not name.startswith("OPTIONS") and answer.status_code < 400:
            private = "/feeds/" in name and "private" in kept
            alone = answer.headers.get("Cross-Origin-Resource-Policy") == "same-origin" or "/api/" in name
            wrong += [] if private or ("no-store" in kept and alone) else [(name, kept)]
    assert wrong == []


@pytest.mark.parametrize("path", ["/staff/", "/", "/api/v1/municipalities", "/nowhere", "/static/citizen.css"])
def test_with_https_every_answer_says_so_for_a_year(with_settings: Callable[..., Flask], path: str) -> None:
    answer = with_settings(base_url="https://termine.example.org").test_client().get(path, buffered=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_cookies_are_for_the_staff_alone_and_out_of_scripts_reach(with_settings: Callable[..., Flask]) -> None:
    client = with_settings(base_url="https://termine.example.org/amt").test_client()
    answer = client.get("/staff/login", base_url="https://termine.example.org/amt")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Secure-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/amt/staff"} <= set(cookie.split("; "))
    assert not client.get("/", base_url="https://termine.example.org/amt").headers.getlist("Set-Cookie")


@pytest.mark.parametrize("evil", EVIL)
def test_no_parameter_leads_to_another_site(app: Flask, token: str, evil: str) -> None:
    """Every GET with every name that could mean a way, as nobody and as an admin."""
    names = (
        "next",
        "to",
        "url",
        "way",
        "back",
        "target",
        "path",
        "redirect",
        "return",
        "frame",
        "lang",
        "office",
        "day",
    )
    admin = a_colleague(app, "admin", now=MONDAY)
    gone = []
    staff = ("/staff/", "/staff/start", "/staff/musterstadt.buergerbuero/day")
    public = ("/", "/staff/login", "/staff/sso", "/musterstadt/book", "/musterstadt/contact", f"/t/{token}/cancel")
    ways = [(admin.client, path) for path in staff] + [(app.test_client(), path) for path in public]
    for client, path in ways:
        answer = client.get(path, query_string=dict.fromkeys(names, evil))
        gone += [(path, answer.location)] if answer.location and leaves(answer.location) else []
    assert gone == []


@pytest.mark.parametrize("evil", EVIL)
def test_no_path_leads_to_another_site(app: Flask, evil: str) -> None:
    answer = app.test_client().get("/", environ_overrides={"PATH_INFO": f"/{evil}"})
    assert not answer.location or not leaves(answer.location)


def leaves(location: str) -> bool:
    """Whether a browser would go to another host: it drops tabs and newlines and takes backslashes for slashes."""
    seen = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    return not re.match(r"/(?!/)", seen)


def test_nobody_is_told_what_they_sent(app: Flask, token: str) -> None:
    """TRACE would repeat cookies and tokens to a script that may not read them (RFC 9110, 9.3.8)."""
    for path in ("/", f"/t/{token}", "/staff/login", "/api/v1/appointment", "/static/citizen.css"):
        answer = app.test_client().open(path, method="TRACE", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {404, 405}, path
        assert token not in answer.text
