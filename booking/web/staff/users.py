"""Flask-Login's view of who is logged in: the cookie holds a secret, one query tells the rest."""

from datetime import datetime

from flask import Flask, current_app, request, session
from flask_login import UserMixin, current_user

from booking import clock
from booking.actions.staff_sessions import PlaceState, Seen, who_is_logged_in
from booking.extensions import logins
from booking.rules.roles import Staff
from booking.web.staff.sealed import signing_keys

ACTIVE_AT = "active_at"  # Unix seconds of the last request that a person made
PRECISION = 30  # seconds


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody logged in, for Flask-Login."""

    def __init__(self, secret: str, seen: Seen) -> None:
        self.id = secret
        self.seen = seen


def staff() -> Staff:
    """Return who is logged in; only behind the door."""
    user: User = current_user
    return user.seen.staff


def place_state() -> PlaceState | None:
    """Return how the office of the address stands, read together with the login."""
    user: User = current_user
    return user.seen.place


def note_activity(now: datetime) -> None:
    """Restart the idle clock, which is kept in the signed cookie: reading a page writes nothing into the database."""
    if now.timestamp() - session.get(ACTIVE_AT, 0) >= PRECISION:  # not with every answer a new cookie
        session[ACTIVE_AT] = int(now.timestamp())


def _is_idle(now: datetime) -> bool:
    """Whether somebody went away: a cookie without a clock counts as old."""
    allowed = 60 * int(current_app.config["STAFF_IDLE_MINUTES"])
    return now.timestamp() - float(session.get(ACTIVE_AT, 0)) > allowed


@logins.user_loader  # type: ignore[untyped-decorator]
def _load(secret: str) -> User | None:
    now = clock.now()
    if _is_idle(now):
        return None
    place = (request.view_args or {}).get("place")
    names = {"town": place.town, "office": place.office} if place is not None else {}
    seen = who_is_logged_in(secret, now=now, **names)
    return User(secret, seen) if seen else None


def register(app: Flask) -> None:
    """Choose the cookie: for the staff's pages alone, unreadable to scripts, secure wherever the service is."""
    is_secure = app.config["PREFERRED_URL_SCHEME"] == "https"
    root = app.config["APPLICATION_ROOT"].rstrip("/")
    app.config.update(
        SESSION_COOKIE_NAME="__Secure-wartefrei" if is_secure else "wartefrei",
        SESSION_COOKIE_PATH=f"{root}/staff",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would lose the cookie on the way back from single sign-on
        WTF_CSRF_SECRET_KEY=signing_keys(app),  # Flask-WTF alone knows no fallbacks; forms stay open while keys change
        WTF_CSRF_CHECK_DEFAULT=False,  # the citizens' forms have no cookie that another site could ride on
        WTF_CSRF_TIME_LIMIT=None,  # as long as the login: a page may stand open all day
        WTF_CSRF_SSL_STRICT=False,  # it asks for the Referer, which our pages do not send
    )
    logins.session_protection = None  # a laptop may change its network
