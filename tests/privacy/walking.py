"""A whole day at a real server: citizens, callers, colleagues and strangers, every person and secret a marker."""

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.relays import Relay
from tests.serving import Server

PATIENCE = 20
LINK = re.compile(r"/t/([0-9A-Za-z]+)")
CODE = re.compile(r"\b(\d{6})\b")


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Walker:
    """Somebody at a browser or a program behind the proxy; cookies are kept, redirects are not followed."""

    server: Server
    network: str
    cookies: dict[str, str] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        line = http.client.HTTPConnection("127.0.0.1", urlsplit(self.server.url).port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"X-Forwarded-For": self.network, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        with contextlib.closing(line):
            line.request(method, path, body=body, headers=named)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.replies.append(Reply(answer.status, dict(answer.headers.items()), text))
        return self.replies[-1]

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        data = None if body is None else json.dumps(body).encode()
        return self.ask(method, f"/api/v1{path}", data, Content_Type="application/json", **headers)

    def form(self, path: str, **fields: str) -> Reply:
        """Send a form; on staff's pages with the token of the page that was seen before."""
        if path.startswith("/staff"):
            fields = {"csrf_token": self.token, **fields}
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, urlencode(fields), Content_Type=kind, Sec_Fetch_Site="same-origin")

    @property
    def token(self) -> str:
        pages = (reply.text for reply in reversed(self.replies))
        found = (re.search(r'name="csrf_token" value="([^"]+)"', page) for page in pages)
        return next((unescape(hit[1]) for hit in found if hit), "")


def rude(server: Server, lines: bytes) -> None:
    """Say something that is no HTTP."""
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=10) as line:
        line.sendall(lines)
        with contextlib.suppress(OSError):
            line.recv(4096)


def letter_to(relay: Relay, address: str, *, nth: int = 0) -> str:
    """Return the text of the nth letter that the relay took for an address."""

    def mine() -> list[str]:
        pairs = zip(relay.taken, relay.envelopes, strict=False)
        return [_plain(message) for message, (_, to) in pairs if address in to]

    wait_until(lambda: len(mine()) > nth)
    return mine()[nth]


def _plain(message: Any) -> str:
    part = message.get_body(("plain",))
    return str(part.get_content() if part else message)


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up, "it never came about"
        time.sleep(0.05)


def forms_of(marker: str) -> set[str]:
    """Return how a marker may be written in a line: as it is, in an address, in JSON, with escapes of Python."""
    return {marker, quote(marker), quote(marker, safe=""), json.dumps(marker)[1:-1], ascii(marker)[1:-1]}
