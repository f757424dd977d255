"""Where the service hangs: below which path, behind how many proxies."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BelowPath:
    """Serves the application below the path of BASE_URL, whether or not the proxy has already cut it off."""

    def __init__(self, application: "WSGIApplication", prefix: str) -> None:
        self.application = application
        self.prefix = prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Move the prefix from PATH_INFO to SCRIPT_NAME (PEP 3333), so that ``url_for`` writes it again."""
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            environ["PATH_INFO"] = path[len(self.prefix) :]
        environ["SCRIPT_NAME"] = self.prefix
        return self.application(environ, start_response)


def mount(app: Flask) -> None:
    """Wrap the app as its settings say. Only as many forwarded addresses are believed as there are trusted proxies."""
    prefix = urlsplit(app.config["BASE_URL"]).path.rstrip("/")
    if prefix:
        app.wsgi_app = BelowPath(app.wsgi_app, prefix)  # type: ignore[method-assign]  # as Flask's documentation does
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
