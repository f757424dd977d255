"""Every request has an id, which stands on each of its log lines and in its answer, and leaves one line behind.

Nothing of the line tells who asked for what: it names the route (``/<municipality>/``), not the path, and no address.
"""

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from http import HTTPMethod
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request

from booking.actions.observe import sample
from booking.metrics import REQUESTS
from config.logging import AccessRecord, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

access = logging.getLogger("booking.access")
log = logging.getLogger(__name__)
HEADER: Final = "X-Request-ID"
# What proxies make: nginx 32 hex digits, Apache 24 signs of base64, others a UUID. No dot, no space: no address fits.
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
METHODS: Final = frozenset(str(method) for method in HTTPMethod)
NO_ROUTE: Final = "-"
CLASSES: Final = tuple(f"{hundreds}xx" for hundreds in range(6))
SAMPLE_EVERY: Final = 10.0  # seconds


class Traced:
    """Stands around the app: everybody pays for what it does, so it does it without Flask's hooks and proxies."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.application = app.wsgi_app
        self.next_sample = 0.0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer under an id, and note what was answered. Between requests the thread has no id."""
        begun = perf_counter()
        named = self._id_for(environ)
        token = request_id.set(named)
        status, route, length = "500", NO_ROUTE, 0

        def begin(told: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status, route, length
            status, route, length = told, _route(environ), _length(headers)
            headers.append((HEADER, named))
            return start_response(told, headers, *more)

        try:
            return self.application(environ, begin)
        finally:
            self._note(environ["REQUEST_METHOD"], route, (int(status[:3]), length), perf_counter() - begun)
            request_id.reset(token)

    def _id_for(self, environ: "WSGIEnvironment") -> str:
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.app.config["TRUSTED_PROXIES"] else ""
        return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)

    def _note(self, method: str, route: str, answer: tuple[int, int], seconds: float) -> None:
        status, length = answer
        REQUESTS.labels(route, CLASSES[status // 100]).observe(seconds)
        if access.isEnabledFor(logging.INFO):
            told = method if method in METHODS else "OTHER"
            access.handle(AccessRecord(told, route, status, round(seconds * 1000, 1), length))
        if monotonic() >= self.next_sample:  # on the back of a request: a thread would not survive gunicorn's fork
            self.next_sample = monotonic() + SAMPLE_EVERY
            with self.app.app_context():
                sample()


def register(app: Flask) -> None:
    """Trace every request of the app."""
    app.wsgi_app = Traced(app)  # type: ignore[method-assign]  # as Flask's documentation does
    app.log_exception = _log_exception  # type: ignore[method-assign]  # Flask's own names the path


def _route(environ: "WSGIEnvironment") -> str:
    """Return the pattern of the address that was asked for; Flask still knows it while it begins to answer."""
    asked = environ.get("werkzeug.request")
    return asked.url_rule.rule if asked is not None and asked.url_rule else NO_ROUTE


def _length(headers: Sequence[tuple[str, str]]) -> int:
    """Return what the answer says of its length; streams do not know theirs."""
    for name, value in headers:
        if name == "Content-Length":
            return int(value)
    return 0


def _log_exception(exc_info: Any) -> None:
    log.error("%s failed", request.url_rule.rule if request.url_rule else NO_ROUTE, exc_info=exc_info)
