"""What ``doctor`` can tell of the way in: it opens each address as a citizen would, and asks what arrived."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from flask import current_app

from booking.actions.check_settings import is_local
from booking.actions.findings import Finding, note
from booking.actions.probe import PROBE, probe

TIME_LIMIT = 5
NOBODY = "203.0.113.250"  # TEST-NET-3 (RFC 5737): nobody can come from there


def check_address(others: Iterable[str] = (), *, now: datetime) -> Iterator[Finding]:
    """Ask the service behind BASE_URL, and behind ``others`` that municipalities have of their own, what arrives."""
    ours = current_app.config["BASE_URL"]
    for base in (ours, *sorted({other.rstrip("/") for other in others} - {"", ours})):
        yield from _opened(base, now)


def _opened(base: str, now: datetime) -> Iterator[Finding]:
    """Ask which address and scheme the service sees, with a forged address on the way."""
    try:
        answer = _ask(f"{base}/healthz", probe(now))
    except requests.exceptions.SSLError as broken:
        yield Finding(f"The certificate of {base} is not valid ({type(broken).__name__}): browsers will refuse it.")
        return
    except (requests.RequestException, urllib3.exceptions.HTTPError):  # the latter for "a..b": requests lets it through
        yield note(f"{base} could not be reached from here: what arrives behind the proxy is not checked.")
        return
    seen = _seen(answer)
    if seen is None:
        yield Finding(f"{base} is answered by something else, or with another SECRET_KEY: check both.")
        return
    yield from _arrived(seen, base)
    yield from _headers(answer)


def _ask(url: str, proof: str) -> requests.Response:
    session = requests.Session()
    session.trust_env = False  # a proxy for going out says nothing about the one for coming in
    headers = {PROBE: proof, "X-Forwarded-For": NOBODY}
    return session.get(url, headers=headers, timeout=TIME_LIMIT, allow_redirects=False)


def _seen(answer: requests.Response) -> dict[str, Any] | None:
    try:
        told = answer.json()
    except ValueError:
        return None
    seen = told.get("seen") if isinstance(told, dict) else None
    return seen if isinstance(seen, dict) and {"address", "scheme"} <= seen.keys() else None


def _arrived(seen: dict[str, Any], base: str) -> Iterator[Finding]:
    wanted = urlsplit(base)
    if seen["address"] == NOBODY:
        yield Finding(
            f"{base}: anybody can pretend to come from any address: TRUSTED_PROXIES counts more proxies than there "
            "are, or the first of them passes X-Forwarded-For on as it came."
        )
    elif not is_local(wanted.hostname) and is_local(seen["address"]):  # who comes by a socket has no address at all
        yield Finding("Every visitor seems to come from this machine: set TRUSTED_PROXIES to the number of proxies.")
    if seen["scheme"] != wanted.scheme:
        yield Finding(
            f"{base} is {wanted.scheme} but requests arrive as {seen['scheme']}: let the proxy set "
            "X-Forwarded-Proto, and TRUSTED_PROXIES count it."
        )


def _headers(answer: requests.Response) -> Iterator[Finding]:
    if "Content-Security-Policy" not in answer.headers:
        yield Finding("The proxy takes the Content-Security-Policy away: let it pass our headers on.")
    if "X-Frame-Options" in answer.headers:
        yield Finding("The proxy adds X-Frame-Options, which forbids the homepages' frames: let it not.")
