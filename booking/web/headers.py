"""What every answer tells the browser: load from here only, be framed by nobody, tell nobody where you came from."""

from flask import Flask, Response, current_app, request

_SOURCES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",  # KERN's icons are masks in its style sheet
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)


def policy(*, frame_ancestors: str = "'none'", frames_itself: bool = False) -> str:
    """Return a Content-Security-Policy: who may frame the answer (a source list), whether it frames our own pages."""
    return "; ".join(
        (*_SOURCES, *(["frame-src 'self'"] if frames_itself else []), f"frame-ancestors {frame_ancestors}")
    )


HEADERS = {
    "Content-Security-Policy": policy(),
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
    chosen = {name.title() for name, _ in response.headers}  # in one go: ``setdefault`` walks through all for each
    for name, value in HEADERS.items():
        if name not in chosen:
            response.headers.add(name, value)
    if response.location and response.location.startswith(request.host_url):
        response.location = response.location[len(request.host_url) - 1 :]  # the Host header is the asker's word
        response.headers["Cache-Control"] = "no-store"
    if "no-store" in response.headers.get("Cache-Control", ""):  # what nobody may keep, no other site's page may load
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    return response
