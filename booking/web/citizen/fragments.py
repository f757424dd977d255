"""Steps as fragments: what the widget puts into its shadow root, from the same templates as the pages.

Scripts of any site may ask for them; only a site that the municipality lists may read the answer, or send a form. No
answer ever goes with credentials: there is no cookie that another site could ride on.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, g, request
from werkzeug.exceptions import Forbidden

from booking.web import assets, languages
from booking.web.citizen import embedding

VIEW = "fragment"
HEADINGS = range(1, 5)
OURS = frozenset({"same-origin", "none"})  # values of Sec-Fetch-Site that no other site can bring about


def is_fragment() -> bool:
    """Whether this request asks for a fragment: ``?view=fragment``, which only the widget adds."""
    return request.args.get("view") == VIEW


def headings() -> dict[str, str]:
    """Return the elements behind ``h1`` to ``h4``: one level lower in a fragment, whose host has a heading already."""
    lower = 1 if is_fragment() else 0
    return {f"h{level}": f"h{level + lower}" for level in HEADINGS}


def is_embedded() -> bool:
    """Whether the widget asks from a site that may embed this request's municipality."""
    return is_fragment() and embedding.may_embed(request.headers.get("Origin", "null"))


def is_foreign() -> bool:
    """Whether a script asks for a fragment from a site that may not embed this request's municipality.

    Browsers name the origin of every request that another site's script could read.
    """
    asks = is_fragment() and "Origin" in request.headers
    return asks and request.headers.get("Sec-Fetch-Site") not in OURS and not is_embedded()


def refuse_foreign() -> Response:
    """Answer by what says why and whom to call; everybody may read it, for it holds only what is public anyway."""
    if "catalogue" not in g:
        raise Forbidden
    g.is_refused = True
    return embedding.refuse_foreign_frame()


def share(response: Response) -> Response:
    """Let the widget read the answer to a request for a fragment (CORS), and follow a redirect to another fragment."""
    if not is_fragment():
        return response
    response.vary.add("Origin")
    is_empty = "catalogue" not in g or "is_adopted" in g or "is_refused" in g  # says only what is wrong
    if is_empty:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif is_embedded():
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    if response.location:
        response.location = _as_fragment(response.location)
    return response


def needs() -> dict[str, Any]:
    """Return the addresses of what a fragment is shown with, each named by its content."""
    return {
        "sheet": assets.asset("vendor/widget/widget.css"),
        "script": assets.asset("citizen.js"),
        "fonts": assets.font_faces(languages.asked()),
    }


def _as_fragment(address: str) -> str:
    parts = urlsplit(address)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "view"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("view", VIEW)])))
