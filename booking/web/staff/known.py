"""Browsers that were let in before: strangers who try a colleague's name cannot keep these out.

A cookie holds keyed hashes of the names that logged in here, for the login page only; it opens nothing.
"""

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from booking.actions.keys import keyring
from booking.rules.secrets import hashed

LIFETIME = 180 * 24 * 3600  # seconds
MOST = 8  # names at one shared desk


def is_known_here(name: str) -> bool:
    """Whether this browser was let in with this name before."""
    return _mark(name) in _marks()


def remember_here(response: Response, name: str) -> None:
    """Note in the browser that it was let in with this name."""
    marks = [_mark(name), *(mark for mark in _marks() if mark != _mark(name))][:MOST]
    response.set_cookie(
        _cookie(),
        _serializer().dumps(marks),
        max_age=LIFETIME,
        path=f"{current_app.config['SESSION_COOKIE_PATH']}/login",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _marks() -> list[str]:
    try:
        return list(_serializer().loads(request.cookies.get(_cookie(), ""), max_age=LIFETIME))
    except BadData:
        return []


def _mark(name: str) -> str:
    return hashed(f"known:{name.casefold()}", keyring().keys[0])[:24]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known-browser")


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"
