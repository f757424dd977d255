"""Which language a page speaks: what the URL asks for, else what the browser prefers, among those we have."""

from collections.abc import Collection

import flask_babel
from flask import g, has_request_context, request

GETTEXT = {"de-simple": "de@simple"}  # BCP 47 → gettext: Babel would turn ``de_simple`` silently into ``de``
CLDR = {"en": "en_GB"}  # BCP 47 → where dates and times are written as people here read them
NAMES = {"de": "Deutsch", "en": "English"}
SPOKEN = tuple(NAMES)


def chosen() -> str:
    """Return the gettext locale of this request; German outside any."""
    if not has_request_context():
        return "de"
    language = asked()
    return GETTEXT.get(language, language)


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
        for candidate in (wanted, wanted.lower().partition("-")[0]):
            if candidate in offered and quality > 0:
                return candidate
    return default


def explicit() -> str | None:
    """Return the language that the URL names, if we speak it."""
    wanted = request.args.get("lang", "").lower()  # tags ignore case (RFC 5646, section 2.1.1)
    return wanted if wanted in SPOKEN else None


def speak(language: str) -> None:
    """Answer the rest of this request in another language."""
    g.language = language if language in SPOKEN else "de"
    flask_babel.refresh()


def limit_to(offered: Collection[str]) -> None:
    """Answer in German if a municipality does not offer the language that was asked for."""
    if asked() not in offered:
        speak("de")


def cldr() -> str:
    """Return the locale in which dates and times of this request are written."""
    language = asked()
    return CLDR.get(language, language.split("-")[0])
