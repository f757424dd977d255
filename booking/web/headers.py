"""What every answer tells the browser: load from here only, be framed by nobody, tell nobody where you came from."""

from flask import Flask, Response, current_app, request

POLICY = "; ".join(  # noqa: FLY002 - one directive a line can be read
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # KERN's icons are masks in its style sheet
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of an appointment is its key
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
A_YEAR = 31_536_000


def register(app: Flask) -> None:
    """Put the headers on every answer whose door has not chosen its own."""
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.location and response.location.startswith(request.host_url):
        response.location = response.location[len(request.host_url) - 1 :]  # the Host header is the asker's word
        response.headers["Cache-Control"] = "no-store"
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    return response
