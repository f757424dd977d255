"""Which language a page speaks: what the URL asks for, else what the browser prefers, among those we have."""

from flask import has_request_context, request

GETTEXT = {"de-simple": "de@simple"}  # BCP 47 → gettext: Babel would turn ``de_simple`` silently into ``de``
SPOKEN = ("de", "en")


def chosen() -> str:
    """Return the gettext locale of this request; German outside any."""
    if not has_request_context():
        return "de"
    language = asked()
    return GETTEXT.get(language, language)


def asked() -> str:
    """Return the BCP 47 tag that this request is answered in."""
    wanted = request.values.get("lang") if request.method in {"GET", "HEAD", "POST"} else None
    if wanted in SPOKEN:
        return wanted
    return request.accept_languages.best_match(SPOKEN, default="de") or "de"
