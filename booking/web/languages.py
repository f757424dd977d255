"""Which language a page speaks: what the URL asks for, else what the browser prefers, among those we have."""

from collections.abc import Collection

import flask_babel
from flask import g, has_request_context, request

from booking.rules.languages import LANGUAGES, base, direction

SPOKEN = tuple(LANGUAGES)


def chosen() -> str:
    """Return the gettext locale of this request; German outside any."""
    if not has_request_context():
        return "de"
    return LANGUAGES[asked()].gettext


def asked() -> str:
    """Return the BCP 47 tag that this request is answered in."""
    if "language" in g:
        return str(g.language)
    return explicit() or preferred(SPOKEN, "de")


def preferred(offered: Collection[str], default: str) -> str:
    """Return the offered language that the client likes best; ``en-GB`` is served by ``en``.

    Werkzeug's own choice would give German to a reader of ``en-GB, de;q=0.5``: it looks for exact tags first.
    """
    for wanted, quality in request.accept_languages:
        for candidate in (wanted.lower(), base(wanted.lower())):
            if candidate in offered and quality > 0:
                return candidate
    return default


def explicit() -> str | None:
    """Return the language that the URL names, if we speak it."""
    # Of two the first counts: the switch stands above the page's form, which keeps the language so far. Tags ignore
    # case (RFC 5646, section 2.1.1).
    wanted = request.args.get("lang", "").lower()
    return wanted if wanted in SPOKEN else None


def speak(language: str) -> None:
    """Answer the rest of this request in another language."""
    g.language = language if language in SPOKEN else "de"
    flask_babel.refresh()


def limit_to(offered: Collection[str]) -> None:
    """Answer in what the browser likes best of a municipality's languages where it lacks the one asked for."""
    if asked() not in offered:
        speak(preferred(offered, "de"))


def cldr() -> str:
    """Return the locale in which dates and times of this request are written."""
    return LANGUAGES[asked()].cldr


def text_direction() -> str:
    """Return the writing direction of this request's language, for the ``dir`` of the page."""
    return direction(asked())
