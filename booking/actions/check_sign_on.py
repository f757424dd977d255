"""What ``doctor`` can tell of single sign-on: it reads what the identity provider says of itself. Nobody signs on."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import current_app

from booking.actions.check_settings import is_local
from booking.actions.findings import Finding
from booking.actions.single_sign_on import discovery_of

TIME_LIMIT = 5
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def check_sign_on() -> Iterator[Finding]:
    """Fetch the discovery document as a sign-on does, and read it as strictly (OpenID Discovery, 4.3)."""
    issuer = current_app.config["OIDC_ISSUER"]
    if issuer is None:
        return
    try:
        told = _fetch(discovery_of(issuer))
    except requests.exceptions.SSLError:
        yield Finding(f"The certificate of {issuer} is not valid: no member of staff can sign on by the provider.")
        return
    except requests.RequestException as away:
        yield Finding(
            f"The identity provider does not answer ({_why(away)}): open {discovery_of(issuer)} from this machine, and "
            "check OIDC_ISSUER."
        )
        return
    yield from _read(told, issuer)


def _fetch(url: str) -> Mapping[str, Any]:
    answer = requests.get(url, timeout=TIME_LIMIT)
    answer.raise_for_status()
    told = answer.json()
    return told if isinstance(told, dict) else {}


def _why(away: requests.RequestException) -> str:
    return str(away.response.status_code) if away.response is not None else type(away).__name__


def _read(told: Mapping[str, Any], issuer: str) -> Iterator[Finding]:
    if told.get("issuer") != issuer:
        yield Finding(
            f"The identity provider calls itself {told.get('issuer')!r} and OIDC_ISSUER says {issuer!r}: every sign-on "
            "is refused. Write it as the provider does, to the letter."
        )
    if missing := [name for name in NEEDED if not told.get(name)]:
        yield Finding(f"The identity provider tells no {', '.join(missing)}: nobody can sign on.")
    for address in (issuer, *(str(told[name]) for name in NEEDED if told.get(name))):
        if urlsplit(address).scheme != "https":
            yield Finding(
                f"{address} of the identity provider is not https: whoever listens on the way can sign on as anybody.",
                is_fault=not is_local(urlsplit(address).hostname),
            )
            return
