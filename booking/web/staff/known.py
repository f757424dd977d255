"""Browsers that were let in before: strangers who try a colleague's name cannot keep these out.

A cookie holds keyed hashes of the names that logged in here, for the login page only; it opens nothing.
"""

from flask import current_app, request
from itsdangerous import BadData
from werkzeug.wrappers import Response

from booking.actions.keys import keyring
from booking.rules.secrets import hashed
from booking.web.staff.sealed import serializer

LIFETIME = 180 * 24 * 3600  # seconds
SALT = "known-browser"
MOST = 8  # names at one shared desk


def is_known_here(name: str) -> bool:
    """Whether this browser was let in with this name before."""
    marks = _marks()
    return any(_mark(name, key) in marks for key in keyring().keys)


def remember_here(response: Response, name: str) -> None:
    """Note in the browser that it was let in with this name."""
    known = {_mark(name, key) for key in keyring().keys}
    marks = [_mark(name, keyring().keys[0]), *(mark for mark in _marks() if mark not in known)][:MOST]
    response.set_cookie(
        _cookie(),
        serializer(SALT).dumps(marks),
        max_age=LIFETIME,
        path=f"{current_app.config['SESSION_COOKIE_PATH']}/login",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _marks() -> list[str]:
    try:
        return list(serializer(SALT).loads(request.cookies.get(_cookie(), ""), max_age=LIFETIME))
    except BadData:
        return []


def _mark(name: str, key: bytes) -> str:
    return hashed(f"known:{name.casefold()}", key)[:24]


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"
