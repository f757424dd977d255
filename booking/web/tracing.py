"""Every request has an id, which stands on each of its log lines and in its answer, and leaves one line behind.

Nothing of the line tells who asked for what: it names the route (``/<municipality>/``), not the path, and no address.
"""

import logging
import re
import secrets
from collections.abc import Iterable
from http import HTTPMethod
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request

from config.logging import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

access = logging.getLogger("booking.access")
failures = logging.getLogger(__name__)
HEADER: Final = "X-Request-ID"
BEGUN: Final = "wartefrei.begun"
# What proxies make: nginx 32 hex digits, Apache 24 signs of base64, others a UUID. No dot, no space: no address fits.
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
METHODS: Final = frozenset(HTTPMethod)
NO_ROUTE: Final = "-"


class Traced:
    """Gives each request its id and notes when it began, before anything else of the app sees it."""

    def __init__(self, application: "WSGIApplication", *, believes: bool) -> None:
        self.application = application
        self.believes = believes

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer; between requests the thread has no id."""
        environ[BEGUN] = perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.believes else ""
        token = request_id.set(given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8))
        try:
            return self.application(environ, start_response)
        finally:
            request_id.reset(token)


def register(app: Flask) -> None:
    """Trace every request. Called first: what runs after an answer runs in the opposite order, so this sees the end."""
    app.wsgi_app = Traced(app.wsgi_app, believes=app.config["TRUSTED_PROXIES"] > 0)  # type: ignore[method-assign]
    app.after_request(_note)
    app.log_exception = _log_exception  # type: ignore[method-assign]  # Flask's own names the path


def route() -> str:
    """Return the pattern of the address that was asked for, without what stands in its places."""
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def _note(response: Response) -> Response:
    response.headers[HEADER] = request_id.get()
    if access.isEnabledFor(logging.INFO):
        spent = round((perf_counter() - request.environ.get(BEGUN, perf_counter())) * 1000, 1)
        method = request.method if request.method in METHODS else "OTHER"
        size = response.content_length or 0  # streams do not know theirs
        facts = {"method": method, "route": route(), "status": response.status_code, "ms": spent, "bytes": size}
        access.info("%s %s %d %s ms %d B", *facts.values(), extra={"facts": facts})
    return response


def _log_exception(exc_info: Any) -> None:
    failures.error("%s failed", route(), exc_info=exc_info)
