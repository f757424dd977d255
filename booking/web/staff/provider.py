"""The identity provider, asked by Authlib: loaded only where there is one, for the six megabytes that it takes."""

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from booking.actions.single_sign_on import Identity, discovery_of
from booking.errors import SignOnAway, SignOnFailed

log = logging.getLogger(__name__)
PATIENCE = 10  # seconds for the provider's answer
CODE = re.compile(r"[a-z_]{1,40}")  # an error's (RFC 6749, 4.1.2.1); anybody may put anything into the address


class Provider:
    """Whom OIDC_ISSUER names. What it is asked raises SignOnAway, or SignOnFailed; the log says why, without whom."""

    def __init__(self, app: Flask) -> None:
        """Tell Authlib of it; it is asked nothing before somebody signs on."""
        self._issuer, self._us = app.config["OIDC_ISSUER"], app.config["OIDC_CLIENT_ID"]
        self._client: Any = OAuth(app).register(
            "sign_on",
            client_id=self._us,
            client_secret=app.config["OIDC_CLIENT_SECRET"],
            server_metadata_url=discovery_of(self._issuer),
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": PATIENCE},
        )

    def way_there(self, back: str) -> Response:
        """Return the redirect to the provider's login, which leads ``back`` to us."""
        with _faults_told():
            self._check_issuer()
            there: Response = self._client.authorize_redirect(back)
            return there

    def identity(self) -> Identity:
        """Return whom the provider vouches for in the request that it has sent somebody back with."""
        with _faults_told():
            return self._identity(self._claims())

    def _check_issuer(self) -> None:
        """A provider that gives itself another name is not the one that was configured (OpenID Discovery, 4.3)."""
        if self._client.load_server_metadata().get("issuer") != self._issuer:
            raise ValueError("issuer")

    def _claims(self) -> Mapping[str, Any]:
        """Exchange the code and return the claims of a token that is meant for us, with the groups from wherever."""
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._us},
        }
        token = self._client.authorize_access_token(claims_options=options)
        claims: dict[str, Any] = dict(token["userinfo"])
        if _groups(claims) is None and "userinfo_endpoint" in self._client.load_server_metadata():
            more = self._client.userinfo(token=token)
            if more.get("sub") == claims["sub"]:  # or it speaks of somebody else (OpenID Connect Core, 5.3.2)
                claims = {**more, **claims}
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims["sub"])
        name = str(claims.get("preferred_username") or subject)
        return Identity(
            issuer=self._client.load_server_metadata()["issuer"],
            subject=subject,
            name=name,
            display_name=str(claims.get("name") or name),
            groups=frozenset(_groups(claims) or ()),
        )


def _groups(claims: Mapping[str, Any]) -> Iterable[str] | None:
    """Return the groups of the claim that was chosen, which may lie deeper (``realm_access.roles``)."""
    path = current_app.config["OIDC_GROUPS_CLAIM"]
    found: Any = claims
    for part in [path] if path in claims else path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [str(group) for group in found] if isinstance(found, list) else None


@contextlib.contextmanager
def _faults_told() -> Iterator[None]:
    """Tell a provider that is away from a sign-on that failed."""
    try:
        yield
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, RuntimeError) as problem:
        code = CODE.fullmatch(str(getattr(problem, "error", "")))
        log.warning("single sign-on: %s", f"{type(problem).__name__} {code[0] if code else ''}".strip())
        raise (SignOnAway() if isinstance(problem, RequestException) else SignOnFailed()) from None
