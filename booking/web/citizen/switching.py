"""The way from a page to the same page in another language, with everything that was chosen and typed."""

from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from flask import g, request, url_for

from booking.rules.languages import LANGUAGES, direction
from booking.rules.texts import FALLBACK
from booking.web import languages
from booking.web.citizen import embedding


class Way(NamedTuple):
    """One language: its tag, own name and direction; where the page's form is sent to; what a page without one links.

    A page with fields sends its form, so that nothing typed is lost; a link would only know what stood in the address.
    """

    tag: str
    name: str
    direction: str
    form: str
    link: str


def ways(offered: Collection[str]) -> list[Way]:
    """Return the ways to every offered language; none where no citizen's page, or no known municipality, is shown."""
    if "is_problem" in g:
        return _past_problem(offered)
    if not (request.endpoint or "").startswith("citizen.") or (g.get("slug") and "catalogue" not in g):
        return []
    endpoint, place = g.get("language_endpoint", request.endpoint), request.view_args or {}
    return [
        Way(tag, language.name, direction(tag), url_for(endpoint, **place | {"lang": tag}), _link(tag))
        for tag, language in LANGUAGES.items()
        if tag in offered
    ]


def _past_problem(offered: Collection[str]) -> list[Way]:
    """Return the ways on the page of an error: the same address once more, which no route may know."""
    if request.method != "GET" and "catalogue" not in g:
        return []
    here = quote(f"{request.script_root}/{request.path.lstrip('/')}")
    args = _kept() | ({"frame": "1"} if embedding.is_framed() else {})
    found = []
    for tag, language in LANGUAGES.items():
        if tag in offered:
            again = f"{here}?{urlencode(args | {'lang': tag}, doseq=True)}"
            link = again if request.method == "GET" else _link(tag)
            found.append(Way(tag, language.name, direction(tag), link, link))
    return found


def is_unchecked() -> bool:
    """Whether nobody has proof-read the words of this page; German is what everything was translated from."""
    return "catalogue" in g and languages.asked() not in {FALLBACK, *g.catalogue.proofread}


def _link(tag: str) -> str:
    """Return what a link can open: this page, or after a form without a page of its own the nearest that has one."""
    place: dict[str, Any] = (request.view_args or {}) | {"lang": tag}
    if request.method == "GET":
        return url_for(str(request.endpoint), **_kept() | place)
    if "token" in place:
        return url_for("citizen.appointment", **place)
    if request.endpoint == "citizen.mail_link":
        return url_for("citizen.ask_for_link", lang=tag)
    return url_for("citizen.concerns", lang=tag)  # every other form belongs to a municipality


def _kept() -> dict[str, Any]:
    """Return what stands behind the question mark, but for the names that ``url_for`` takes for its own."""
    asked = request.args.to_dict(flat=False)
    filled = request.url_rule.arguments if request.url_rule else set()
    taken = {"lang", "view", "frame", "endpoint", "municipality", *filled}
    return {name: asked[name] for name in asked if not name.startswith("_") and name not in taken}
