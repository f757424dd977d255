"""Which sites may show a municipality's booking: origins, compared as browsers compare them."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

HERE = frozenset({"localhost", "127.0.0.1"})  # no [::1]: frame-ancestors has no form for IPv6 (CSP3, section 2.3.1)
DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:]+")


def origin_of(address: str) -> str | None:
    """Return the origin (RFC 6454) of a web address as browsers write it: small letters, no default port, no path.

    None for what has no origin that could be listed: ``null``, other schemes, logins, letters beyond ASCII.
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:  # a bracket left open, a port that is no number
        return None
    if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}")


def is_origin(text: str) -> bool:
    """Whether the text is an origin and nothing more: no path, query or fragment."""
    return origin_of(text) is not None and re.fullmatch(r"[a-z]+://[^/?#\\\s]+", text, re.IGNORECASE) is not None


def is_trustworthy(origin: str) -> bool:
    """Whether nobody on the way could have put other content under this origin: https, or this very machine."""
    return origin.startswith("https://") or urlsplit(origin).hostname in HERE


def may_embed(origin: str, listed: Collection[str]) -> bool:
    """Whether a site of this origin (an Origin header's value) may show the booking.

    ``listed`` are origins that ``origin_of`` returned. ``null`` is nobody: sandboxed frames and local files send it.
    """
    return is_origin(origin) and origin_of(origin) in listed
