"""The homepage's two pages: one with the widget, one with the frame, both as strict as a careful town's."""

from urllib.parse import urlsplit

from flask import Flask, Response, render_template


def make_pages(booking: str, municipality: str) -> Flask:
    """Return the application; ``booking`` is the service's address, perhaps below a path."""
    app = Flask(__name__)
    address = urlsplit(booking)
    policy = _policy(f"{address.scheme}://{address.netloc}")

    @app.get("/")
    def widget() -> str:
        return render_template("widget.html", booking=booking, municipality=municipality)

    @app.get("/rahmen")
    def frame() -> str:
        return render_template("frame.html", booking=booking, municipality=municipality)

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return app


def _policy(host: str) -> str:
    """Return what the issue asks of a strict homepage: the service's host, and nobody else's scripts, data or fonts."""
    theirs = (f"{kind}-src {host}" for kind in ("script", "connect", "font", "frame"))
    ours = ("style-src 'self'", f"img-src 'self' {host}", "form-action 'none'", "base-uri 'none'")
    return "; ".join(("default-src 'none'", *theirs, *ours, "frame-ancestors 'none'"))
