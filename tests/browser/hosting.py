"""A homepage of another origin, for pages that embed the booking."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response
from werkzeug.serving import make_server

from tests.threads import answering


@dataclass
class Homepage:
    """A server on the loopback interface that shows whatever ``pages`` is at the moment: any WSGI application."""

    port: int = 0
    pages: Callable[..., Iterable[bytes]] = field(default_factory=lambda: Flask(__name__))

    @property
    def origin(self) -> str:
        """The origin that may embed."""
        return f"http://localhost:{self.port}"

    @property
    def foreign_origin(self) -> str:
        """The same pages under an origin that nobody has listed."""
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        return self.pages(environ, start_response)

    def show(self, html: str, **headers: str) -> None:
        """Answer every request by this page; ``Content_Security_Policy="…"`` becomes a header."""
        answer = Response(html, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer.mimetype = "text/html"
        self.pages = answer


@contextlib.contextmanager
def hosting() -> Iterator[Homepage]:
    """Serve a homepage until the block ends."""
    homepage = Homepage()
    server = make_server("127.0.0.1", 0, homepage, threaded=True)
    homepage.port = server.server_port
    with answering(server):
        yield homepage
