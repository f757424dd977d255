"""Doctor at the identity provider: what it says of itself has to be there, be its own, and be safe on the way."""

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from booking import create_app
from booking.actions.check_sign_on import check_sign_on
from tests.conftest import settings_for
from tests.providers import Provider, providing
from tests.serving import free_port
from tests.threads import answering

Asked = Callable[[str | None], list[str]]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with providing(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    def ask(issuer: str | None) -> list[str]:
        settings = settings_for(f"sqlite:///{tmp_path}/unused.sqlite3", oidc_issuer=issuer, oidc_client_id="wartefrei")
        app = create_app(settings)
        with app.app_context():
            return [("wrong " if found.is_fault else "note ") + found.sentence for found in check_sign_on()]

    return ask


@contextlib.contextmanager
def telling(document: dict[str, Any], authority: trustme.CA) -> Iterator[str]:
    """Serve a discovery document over TLS as ``issuer`` (filled in where it says {here}); return that."""

    class Telling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).replace("{here}", here).encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Telling)
    here = f"https://127.0.0.1:{server.server_port}"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with answering(server):
        yield here


WHOLE = {
    "issuer": "{here}",
    "authorization_endpoint": "{here}/authorize",
    "token_endpoint": "{here}/token",
    "jwks_uri": "{here}/keys",
}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return made


def test_without_single_sign_on_there_is_nothing_to_say(asked: Asked) -> None:
    assert asked(None) == []


def test_a_provider_with_a_whole_document_over_tls_is_in_order(asked: Asked, authority: trustme.CA) -> None:
    with telling(WHOLE, authority) as issuer:
        assert asked(issuer) == []


def test_a_provider_on_this_machine_without_tls_is_only_noted(asked: Asked, provider: Provider) -> None:
    (sentence,) = asked(provider.issuer)
    assert sentence.startswith("note")
    assert "is not https" in sentence


def test_an_issuer_that_is_not_the_same_to_the_letter_is_wrong(asked: Asked, provider: Provider) -> None:
    sentence = asked(f"{provider.issuer}/")[0]
    assert sentence.startswith(f"wrong The identity provider calls itself '{provider.issuer}'")


def test_a_provider_that_is_away_or_has_no_document_is_wrong(asked: Asked, provider: Provider) -> None:
    (away,) = asked(f"http://127.0.0.1:{free_port()}")
    assert away.startswith("wrong The identity provider does not answer (ConnectionError)")
    (lost,) = asked(f"{provider.issuer}/realms/nobody")
    assert "does not answer (404)" in lost
    assert f"{provider.issuer}/realms/nobody/.well-known/openid-configuration" in lost


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"token_endpoint": ""}, "tells no token_endpoint"),
        ({"token_endpoint": "http://sso.example/token"}, "http://sso.example/token of the identity provider is not"),
        ({"jwks_uri": "http://sso.example/keys"}, "is not https"),
    ],
)
def test_a_document_that_nobody_can_sign_on_by_is_wrong(
    asked: Asked, authority: trustme.CA, changes: dict[str, str], word: str
) -> None:
    with telling(WHOLE | changes, authority) as issuer:
        (sentence,) = asked(issuer)
    assert sentence.startswith("wrong")
    assert word in sentence


def test_a_certificate_that_nobody_vouches_for_is_wrong(asked: Asked, authority: trustme.CA) -> None:
    with telling(WHOLE, trustme.CA()) as issuer:
        (sentence,) = asked(issuer)
    assert "certificate" in sentence
