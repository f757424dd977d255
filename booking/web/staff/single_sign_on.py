"""Single sign-on by OpenID Connect: authorization code flow with PKCE, state and nonce, done by Authlib.

The way back is a GET, because the protocol says so; it opens a session, and nothing else, for a browser whose signed
cookie holds the state that was sent along.
"""

from typing import TYPE_CHECKING

from flask import Flask, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.single_sign_on import sign_on
from booking.errors import NoGroup, NotFound, SignOnAway, SignOnFailed, StaffRefusal
from booking.web import problems
from booking.web.staff.door import blueprint, public
from booking.web.staff.login import let_in
from booking.web.staff.origins import inside

if TYPE_CHECKING:
    from booking.web.staff.provider import Provider

PROVIDER = "sign_on"
WAY = "sign_on_way"
Answer = Response | tuple[str, int]


def register(app: Flask) -> None:
    """Prepare to ask the provider, if there is one."""
    if app.config["OIDC_ISSUER"] is None:
        return
    from booking.web.staff.provider import Provider  # noqa: PLC0415 - its memory is paid for only where it is used

    app.extensions[PROVIDER] = Provider(app)


@blueprint.get("/sso")
@public
def begin_sign_on() -> Answer:
    """Send somebody to the provider; state, nonce and verifier go into the signed cookie."""
    provider = _provider()
    session[WAY] = request.args.get("next", "")
    try:
        return provider.way_there(_way_back())
    except (SignOnAway, SignOnFailed) as refusal:
        return _refused(refusal)


@blueprint.get("/sso/back")
@public
def end_sign_on() -> Answer:
    """Let in whom the provider vouches for."""
    provider, way = _provider(), session.get(WAY, "")
    try:
        let_in(sign_on(provider.identity(), now=clock.now()))
    except (SignOnAway, SignOnFailed, NoGroup) as refusal:
        return _refused(refusal)
    return redirect(inside(way) or url_for("staff.home"))


def _provider() -> "Provider":
    provider: Provider | None = current_app.extensions.get(PROVIDER)
    if provider is None:
        raise NotFound
    return provider


def _way_back() -> str:
    """Return our address as the provider knows it, whatever name the browser used."""
    path = url_for("staff.end_sign_on").removeprefix(request.script_root)
    return f"{current_app.config['BASE_URL']}{path}"


def _refused(refusal: StaffRefusal) -> tuple[str, int]:
    page = render_template("staff/login.html", name="", error=problems.sentence(refusal), next="")
    return page, problems.status(refusal)
