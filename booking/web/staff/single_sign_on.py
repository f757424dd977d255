"""Single sign-on by OpenID Connect: authorization code flow with PKCE, state and nonce, done by Authlib.

The way back is a GET, because the protocol says so; it opens a session, and nothing else, for a browser whose signed
cookie holds the state that was sent along.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.single_sign_on import Identity, discovery_of, sign_on
from booking.errors import NoGroup, NotFound, SignOnAway, SignOnFailed, StaffRefusal
from booking.web import problems
from booking.web.staff.door import blueprint, public
from booking.web.staff.login import let_in
from booking.web.staff.origins import inside

log = logging.getLogger(__name__)
CLIENT = "sign_on"
PATIENCE = 10  # seconds for the provider's answer
WAY = "sign_on_way"
Answer = Response | tuple[str, int]


def register(app: Flask) -> None:
    """Tell Authlib of the provider, if there is one; it is asked nothing before somebody signs on."""
    issuer = app.config["OIDC_ISSUER"]
    if issuer is None:
        return
    app.extensions[CLIENT] = OAuth(app).register(
        CLIENT,
        client_id=app.config["OIDC_CLIENT_ID"],
        client_secret=app.config["OIDC_CLIENT_SECRET"],
        server_metadata_url=discovery_of(issuer),
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": PATIENCE},
    )


@blueprint.get("/sso")
@public
def begin_sign_on() -> Answer:
    """Send somebody to the provider; state, nonce and verifier go into the signed cookie."""
    client = _client()
    session[WAY] = request.args.get("next", "")
    try:
        _check_issuer(client)
        there: Response = client.authorize_redirect(_way_back())
    except (AuthlibBaseError, RequestException, ValueError, KeyError, RuntimeError) as problem:
        return _refused(_refusal(problem))
    return there


@blueprint.get("/sso/back")
@public
def end_sign_on() -> Answer:
    """Let in whom the provider vouches for."""
    client, way = _client(), session.get(WAY, "")
    try:
        who = _identity(client, _claims(client))
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, RuntimeError) as problem:
        return _refused(_refusal(problem))
    try:
        let_in(sign_on(who, now=clock.now()))
    except NoGroup as refusal:
        return _refused(refusal)
    return redirect(inside(way) or url_for("staff.home"))


def _client() -> Any:
    client = current_app.extensions.get(CLIENT)
    if client is None:
        raise NotFound
    return client


def _check_issuer(client: Any) -> None:
    """A provider that gives itself another name is not the one that was configured (OpenID Discovery, 4.3)."""
    if client.load_server_metadata().get("issuer") != current_app.config["OIDC_ISSUER"]:
        raise ValueError("issuer")


def _claims(client: Any) -> Mapping[str, Any]:
    """Exchange the code and return the claims of a token that is meant for us, with the groups from wherever."""
    issuer, us = current_app.config["OIDC_ISSUER"], current_app.config["OIDC_CLIENT_ID"]
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": us}}
    token = client.authorize_access_token(claims_options=options)
    claims: dict[str, Any] = dict(token["userinfo"])
    if _groups(claims) is None and "userinfo_endpoint" in client.load_server_metadata():
        more = client.userinfo(token=token)
        if more.get("sub") == claims["sub"]:  # or it speaks of somebody else (OpenID Connect Core, 5.3.2)
            claims = {**more, **claims}
    return claims


def _identity(client: Any, claims: Mapping[str, Any]) -> Identity:
    subject = str(claims["sub"])
    name = str(claims.get("preferred_username") or subject)
    return Identity(
        issuer=client.load_server_metadata()["issuer"],
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


def _way_back() -> str:
    """Return our address as the provider knows it, whatever name the browser used."""
    path = url_for("staff.end_sign_on").removeprefix(request.script_root)
    return f"{current_app.config['BASE_URL']}{path}"


def _refusal(problem: Exception) -> StaffRefusal:
    """Tell a provider that is away from a sign-on that failed; the log says why, without whom."""
    log.warning("single sign-on: %s %s", type(problem).__name__, getattr(problem, "error", ""))
    return SignOnAway() if isinstance(problem, RequestException) else SignOnFailed()


def _refused(refusal: StaffRefusal) -> tuple[str, int]:
    page = render_template("staff/login.html", name="", error=problems.sentence(refusal), next="")
    return page, problems.status(refusal)
