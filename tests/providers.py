"""A real OpenID Connect provider in a process of its own (``oidc-provider-mock``), for tests of single sign-on."""

import contextlib
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from tests import serving


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


STAYING = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


@dataclass(frozen=True)
class Provider:
    """Where it is; ``knows`` a person with claims, who then ``agrees`` to what an application asked."""

    issuer: str

    def knows(self, subject: str, **claims: Any) -> None:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.issuer}/users/{subject}",
            data=json.dumps(claims).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        serving.DIRECTLY.open(request, timeout=30).close()

    def agrees(self, asked: str, subject: str = "", *, action: str = "") -> str:
        """Press the button of the page at ``asked``; return the address to which the browser is sent back."""
        form = {"sub": subject, "action": action} if action else {"sub": subject}
        try:
            answer: HTTPResponse = STAYING.open(asked, data=urllib.parse.urlencode(form).encode(), timeout=30)
        except urllib.error.HTTPError as redirected:
            return str(redirected.headers["Location"])
        raise AssertionError(answer.read())


@contextlib.contextmanager
def providing(log: Path) -> Iterator[Provider]:
    """Run a provider until the block ends."""
    port = serving.free_port()
    issuer = f"http://127.0.0.1:{port}"
    environment = serving.environment_for("sqlite:///unused", port=port)
    process = serving.start("-m", "oidc_provider_mock", "-p", str(port), environment=environment, log=log)
    try:
        serving.wait_until_alive(f"{issuer}/.well-known/openid-configuration", process, log)
        yield Provider(issuer)
    finally:
        serving.end(process)
