"""What programs meet: limits per network that no header talks away, and proof of work in abuse mode."""

from typing import Any

import pytest
from flask import Flask

from booking.actions import proofs
from booking.actions.keys import keyring
from booking.extensions import db
from booking.models import Appointment, Municipality
from booking.rules.secrets import token_of
from tests.proving import solve
from tests.web.api.conftest import BOOKING, TOWN, Caller

QUARTERS = [f"2026-11-24T{hour:02}:{minute:02}:00+01:00" for hour in (9, 10) for minute in (0, 15, 30, 45)]


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "COST", 1)


def set_policy(app: Flask, **policy: int) -> None:
    with app.app_context():
        row = db.session.query(Municipality).one()
        row.policy = row.policy | policy
        row.revision += 1
        db.session.commit()


def statuses(app: Flask, headers: list[dict[str, str]]) -> list[int]:
    client = app.test_client()
    sent = [BOOKING | {"start": start, "email": f"p{at}@example.org"} for at, start in enumerate(QUARTERS)]
    posts = zip(sent, headers, strict=False)
    return [client.post(f"{TOWN}/appointments", json=body, headers=head).status_code for body, head in posts]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "answers", "why"),
    [
        (0, ["203.0.113.1", "203.0.113.2", "203.0.113.3"], [201, 201, 429], "nobody's word is taken"),
        (1, ["203.0.113.1, 198.51.100.7", "203.0.113.2, 198.51.100.7", "198.51.100.7"], [201, 201, 429], "forged"),
        (1, ["198.51.100.1", "198.51.100.2", "198.51.100.3"], [201, 201, 201], "the proxy's own word"),
        (1, ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3"], [201, 201, 429], "one /64"),
        (1, ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"], [201, 201, 201], "three of them"),
    ],
)
@pytest.mark.usefixtures("town")
def test_a_network_is_what_trusted_proxies_say(
    app: Flask, with_settings: Any, proxies: int, forwarded: list[str], answers: list[int], why: str
) -> None:
    set_policy(app, max_open_per_network=2)
    behind = with_settings(trusted_proxies=proxies)
    assert statuses(behind, [{"X-Forwarded-For": said} for said in forwarded]) == answers, why


def test_in_abuse_mode_the_refusal_carries_the_challenge(app: Flask, api: Caller) -> None:
    set_policy(app, proof_above=0)
    refused = api.book("once")
    assert refused.status_code == 428
    assert refused.json["code"] == "proof-required"
    proof = solve(refused.json["challenge"])
    booked = api.book("once", proof=proof)
    assert booked.status_code == 201
    assert api.book("once", proof=proof).json["reference"] == booked.json["reference"]  # a replay needs no other proof
    assert api.book(proof=proof, start=QUARTERS[1]).status_code == 428


@pytest.mark.parametrize("proof", [1, None, "x" * 4001, ["x"]])
def test_a_proof_that_cannot_be_one_is_named(api: Caller, proof: object) -> None:
    answer = api.book(proof=proof)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/proof"]


def test_nothing_that_is_read_counts(app: Flask, api: Caller) -> None:
    set_policy(app, max_open_per_network=1, proof_above=1)
    for _ in range(5):
        assert api.get(f"{TOWN.removeprefix('/api/v1')}/availability?concern=personalausweis").status_code == 200
    assert api.book().status_code == 201


CHANGES = [
    ("/appointment/confirm", {"name": "Zoe"}),
    ("/appointment/move", {"start": QUARTERS[1], "name": "Zoe"}),
    ("/appointment/cancel", {"name": "Zoe"}),
]


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_no_call_takes_another_name_once_it_is_booked(api: Caller, path: str, body: dict[str, str]) -> None:
    booked = api.book()
    answer = api.post(path, body, **api.with_link(booked))
    assert answer.status_code == 422
    assert api.mailed(booked).name == "Anna Beispiel"


@pytest.mark.parametrize("path", ["confirm", "resend", "email"])
def test_nor_does_one_that_the_browser_may_make(api: Caller, path: str) -> None:
    booked = api.book()
    body = {"holder": booked.json["holder"], "code": "123456", "email": "b@example.org", "name": "Zoe"}
    answer = api.post(f"/appointments/{booked.json['reference']}/{path}", body)
    assert answer.status_code == 422
    assert api.mailed(booked).name == "Anna Beispiel"


def test_no_page_takes_another_name_once_it_is_booked(app: Flask, api: Caller) -> None:
    booked = api.book()
    mailed = api.mailed(booked)
    client = app.test_client()
    everything = {
        "reference": booked.json["reference"], "holder": booked.json["holder"], "code": mailed.code,
        "email": "b@example.org", "start": QUARTERS[1], "name": "Zoe",
    }  # fmt: skip
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("citizen.")]
    posts = sorted(str(rule) for rule in rules if "POST" in (rule.methods or ()))
    named = [rule for rule in posts if "<token>" in rule or "/pending" in rule]
    assert len(named) > 8
    token = mailed.token
    for rule in sorted(named, key=lambda rule: "erase" in rule or "delete" in rule):
        client.post(rule.replace("<municipality>", "musterstadt").replace("<token>", token), data=everything)
        with app.app_context():
            row = db.session.query(Appointment).one_or_none()
            if row is None:  # whoever wishes so is forgotten, name and all
                return
            assert row.name in {"Anna Beispiel", ""}, rule
            token = token_of(row.reference, row.generation, keyring())
