"""Single sign-on, against a real provider process over HTTP."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.extensions import db
from booking.models import Audit, GroupRole, Login, Membership, Municipality
from booking.web.staff.single_sign_on import PROVIDER
from tests.builders import a_municipality
from tests.colleagues import a_login
from tests.providers import Provider, providing
from tests.serving import free_port

CLIENT = {"oidc_client_id": "wartefrei", "oidc_client_secret": "geheim"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with providing(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture
def town(with_settings: Callable[..., Flask], provider: Provider) -> Flask:
    app = with_settings(oidc_issuer=provider.issuer, **CLIENT)
    with app.app_context():
        town = a_municipality()
        db.session.add(GroupRole(group_name="Bürgerbüro", municipality_id=town.id, role="desk"))
        db.session.add(GroupRole(group_name="Leitung", municipality_id=town.id, role="manager"))
        db.session.commit()
    return app


def begin(client: FlaskClient, **query: str) -> str:
    answer = client.get("/staff/sso", query_string=query)
    assert answer.status_code == 302, answer.text
    return answer.location


def sign_on(app: Flask, provider: Provider, subject: str, client: FlaskClient | None = None) -> TestResponse:
    client = client or app.test_client()
    return back(client, provider.agrees(begin(client), subject))


def back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("localhost", "/staff/sso/back")
    return client.get(f"{parts.path}?{parts.query}")


def roles(app: Flask) -> list[tuple[str, bool]]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(select(Membership.role, Membership.from_group))]


def test_whoever_is_in_a_mapped_group_gets_in_with_its_role(town: Flask, provider: Provider) -> None:
    provider.knows("1", preferred_username="erna", name="Erna Beispiel", groups=["Bürgerbüro", "Kantine"])
    client = town.test_client()
    assert sign_on(town, provider, "1", client).location == "/staff/"
    assert "Guten Tag, Erna Beispiel" in client.get("/staff/").text
    assert roles(town) == [("desk", True)]
    with town.app_context():
        assert set(db.session.scalars(select(Audit.verb))) == {"roles-synchronised", "log-in"}


@pytest.mark.parametrize(("error", "told"), [("access_denied", " access_denied"), ("x\nERROR Anna", "")])
def test_the_log_repeats_only_codes_of_what_anybody_may_put_into_the_address(
    town: Flask, caplog: pytest.LogCaptureFixture, error: str, told: str
) -> None:
    town.test_client().get("/staff/sso/back", query_string={"error": error})
    (line,) = [record.getMessage() for record in caplog.records if "single sign-on" in record.getMessage()]
    assert line == f"single sign-on: OAuthError{told}"


def test_the_request_has_pkce_state_and_nonce(town: Flask) -> None:
    asked = parse_qs(urlsplit(begin(town.test_client())).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(asked[name][0] for name in ("code_challenge", "state", "nonce"))
    assert asked["redirect_uri"] == ["http://localhost/staff/sso/back"]


def test_the_same_person_comes_back_to_the_same_login(town: Flask, provider: Provider) -> None:
    provider.knows("1", preferred_username="erna", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    provider.knows("1", preferred_username="renamed", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    with town.app_context():
        assert db.session.scalars(select(Login.name)).all() == ["erna"]


def test_nobody_takes_over_a_login_by_choosing_its_name(town: Flask, provider: Provider) -> None:
    with town.app_context():
        a_login("erna", "admin")
    provider.knows("2", preferred_username="erna", email="erna@example.org", groups=["Bürgerbüro"])
    sign_on(town, provider, "2")
    with town.app_context():
        found = db.session.execute(select(Login.name, Membership.role).join(Membership).order_by(Login.id)).all()
        assert [tuple(row) for row in found] == [("erna", "admin"), ("erna-2", "desk")]


def test_whoever_has_no_group_here_is_told_so_and_leaves_no_trace(town: Flask, provider: Provider) -> None:
    provider.knows("3", groups=["Kantine"])
    client = town.test_client()
    answer = sign_on(town, provider, "3", client)
    assert answer.status_code == 403
    assert "noch nicht freigeschaltet" in answer.text
    assert client.get("/staff/").status_code == 302
    with town.app_context():
        assert db.session.scalars(select(Login)).all() == []


def test_what_the_groups_take_away_is_gone_everywhere_at_the_next_sign_on(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    earlier = town.test_client()
    sign_on(town, provider, "1", earlier)
    provider.knows("1", groups=[])
    assert sign_on(town, provider, "1").status_code == 403
    assert roles(town) == []
    assert earlier.get("/staff/").status_code == 302


def test_the_highest_of_several_groups_counts_and_follows_them(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro", "Leitung"])
    sign_on(town, provider, "1")
    assert roles(town) == [("manager", True)]
    provider.knows("1", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    assert roles(town) == [("desk", True)]


def test_a_role_given_by_hand_stays(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    with town.app_context():
        held = db.session.scalars(select(Membership)).one()
        held.role, held.from_group = "admin", False
        db.session.commit()
    provider.knows("1", groups=["Leitung"])
    sign_on(town, provider, "1")
    assert roles(town) == [("admin", False)]
    provider.knows("1", groups=[])
    assert sign_on(town, provider, "1").status_code == 302


def test_a_login_that_was_stopped_here_does_not_get_in(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    with town.app_context():
        db.session.scalars(select(Login)).one().active = False
        db.session.commit()
    assert sign_on(town, provider, "1").status_code == 403


def test_an_answer_for_another_browser_opens_nothing(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    address = provider.agrees(begin(town.test_client()), "1")
    victim = town.test_client()
    answer = back(victim, address)
    assert answer.status_code == 403
    assert "noch einmal" in answer.text
    assert victim.get("/staff/").status_code == 302


def of_somebody_else(token: dict[str, Any]) -> dict[str, Any]:
    """Put another person into a token, under the signature that it had."""
    header, payload, signature = token["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "2"}).encode()).rstrip(b"=").decode()
    return token | {"id_token": f"{header}.{forged}.{signature}"}


@pytest.mark.parametrize("wrong", ["nothing", "signature", "nonce", "audience"])
def test_only_a_signed_token_for_us_and_for_this_sign_on_opens_a_session(
    town: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    provider.knows("2", groups=["Leitung"])
    client = town.test_client()
    address = provider.agrees(begin(client), "1")
    asked = town.extensions[PROVIDER]
    fetch, read = asked._client.fetch_access_token, asked._client.parse_id_token
    if wrong == "signature":
        monkeypatch.setattr(asked._client, "fetch_access_token", lambda **given: of_somebody_else(fetch(**given)))
    elif wrong == "nonce":
        monkeypatch.setattr(
            asked._client, "parse_id_token", lambda token, **rest: read(token, **rest | {"nonce": "old"})
        )
    elif wrong == "audience":
        monkeypatch.setattr(asked, "_us", "another application of the house")
    assert back(client, address).status_code == (302 if wrong == "nothing" else 403)
    assert len(roles(town)) == (1 if wrong == "nothing" else 0)


def test_an_answer_opens_one_session_only(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    client = town.test_client()
    address = provider.agrees(begin(client), "1")
    assert back(client, address).status_code == 302
    assert back(client, address).status_code == 403


def test_whoever_says_no_at_the_provider_may_try_again(town: Flask, provider: Provider) -> None:
    client = town.test_client()
    answer = back(client, provider.agrees(begin(client), action="deny"))
    assert answer.status_code == 403
    assert "abgebrochen" in answer.text


def test_the_way_back_is_kept_and_leads_to_no_other_site(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    for wanted, goes in (("/staff/account", "/staff/account"), ("https://evil.example/staff/", "/staff/")):
        client = town.test_client()
        assert back(client, provider.agrees(begin(client, next=wanted), "1")).location == goes


def test_groups_may_lie_deeper(with_settings: Callable[..., Flask], town: Flask, provider: Provider) -> None:
    app = with_settings(oidc_issuer=provider.issuer, oidc_groups_claim="realm_access.roles", **CLIENT)
    provider.knows("7", realm_access={"roles": ["Bürgerbüro"]})
    assert sign_on(app, provider, "7").location == "/staff/"


def test_a_provider_that_is_away_is_told_and_passwords_still_work(with_settings: Callable[..., Flask]) -> None:
    app = with_settings(oidc_issuer=f"http://127.0.0.1:{free_port()}", **CLIENT)
    answer = app.test_client().get("/staff/sso")
    assert answer.status_code == 503
    assert "antwortet gerade nicht" in answer.text
    assert "Passwort" in answer.text


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    with_settings: Callable[..., Flask], provider: Provider
) -> None:
    other_name = provider.issuer.replace("127.0.0.1", "localhost") + "/"
    assert with_settings(oidc_issuer=other_name, **CLIENT).test_client().get("/staff/sso").status_code == 403


def test_without_a_provider_there_is_neither_button_nor_route(client: FlaskClient) -> None:
    assert "Anmeldedienst" not in client.get("/staff/login").text
    assert client.get("/staff/sso").status_code == 404


def test_signing_on_leaves_the_membership_of_other_towns_alone(town: Flask, provider: Provider) -> None:
    provider.knows("1", groups=["Bürgerbüro"])
    sign_on(town, provider, "1")
    with town.app_context():
        a_municipality("anderswo")
        there = db.session.scalar(select(Municipality.id).where(Municipality.slug == "anderswo"))
        login = db.session.scalar(select(Login.id))
        db.session.add(Membership(login_id=login, municipality_id=there, role="phone"))
        db.session.commit()
    sign_on(town, provider, "1")
    assert sorted(roles(town)) == [("desk", True), ("phone", False)]
