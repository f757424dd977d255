"""Where a request comes from, and where one may be sent to: never to or from another site."""

import re
from enum import Enum, auto
from urllib.parse import unquote, urlsplit

from flask import current_app, request

# One slash, then ``staff``: no other host. Neither backslash, which browsers take for a slash, nor what they leave out.
PATH = re.compile(r"/staff/[^\x00-\x20\x7f\\]*")


class Sender(Enum):
    """Who made the browser send this."""

    OURS = auto()
    UNKNOWN = auto()  # an old browser, or plain HTTP: the CSRF token alone decides
    ELSEWHERE = auto()


def sender() -> Sender:
    """Tell by Fetch Metadata (W3C), else by Origin (RFC 6454), whether a page of ours sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        ours = Sender.OURS if site == "same-origin" else Sender.UNKNOWN  # ``none``: a person, not a page
        return ours if site in {"same-origin", "none"} else Sender.ELSEWHERE
    origin = request.headers.get("Origin", "null")
    if origin == "null":  # what a page with our Referrer-Policy sends
        return Sender.UNKNOWN
    ours_are = {_origin(current_app.config["BASE_URL"]), _origin(request.host_url)}
    return Sender.OURS if origin in ours_are else Sender.ELSEWHERE


def inside(target: str) -> str | None:
    """Return a path of the staff's pages that may be gone to, or None: nobody is sent elsewhere by a link."""
    path = unquote(urlsplit(target).path) if PATH.fullmatch(target) else ".."
    return None if ".." in path.split("/") else f"{request.script_root}{target}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
