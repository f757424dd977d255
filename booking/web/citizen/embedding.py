"""Who may show a municipality's steps on a site of their own: in a frame, or by the widget.

A frame asks for ``?frame=1``: the steps without the page around them. The parameter travels through every step as a
language does. Whether the frame may stand where it stands, the browser decides by ``frame-ancestors``; since it would
replace a refused page by an error of its own, who is recognised as foreign gets a page that says why instead.
"""

import re

from flask import Response, current_app, g, make_response, render_template, request, url_for

from booking.rules import embedding
from booking.web import headers

FRAMES = frozenset({"iframe", "frame", "object", "embed", "fencedframe"})  # values of Sec-Fetch-Dest
# The one answer that may stand anywhere holds nothing of ours: what its footer and languages lead to opens a tab, too.
# Our templates write every link so, and escape what they show: no text can look like one.
_LINK = re.compile(r'<a (?=[^>]*href="(?:https?:|/))(?![^>]*target=)')


def embedding_origins() -> tuple[str, ...]:
    """Return the origins that may embed this request's municipality: its own list, the installation's, and our own."""
    return (*other_origins(), *_own_origins()) if "catalogue" in g else ()


def other_origins() -> tuple[str, ...]:
    """Return the other origins that may embed this request's municipality, in the order in which they are listed."""
    listed = (*g.catalogue.embedding_origins, *current_app.config["EMBEDDING_ORIGINS"])
    return tuple(dict.fromkeys(origin for origin in map(embedding.origin_of, listed) if origin))


def may_embed(origin: str) -> bool:
    """Whether a site with this Origin header may embed this request's municipality; ``null`` never."""
    return embedding.may_embed(origin, embedding_origins())


def is_framed() -> bool:
    """Whether to leave out the page around the step. Opened in a tab of its own, a frame's link shows a whole page."""
    is_alone = "framed_by" in g or request.headers.get("Sec-Fetch-Dest") == "document"
    return request.args.get("frame") == "1" and not is_alone


def is_foreign_frame() -> bool:
    """Whether this answer would stand in a frame on a site that may not embed the municipality, as far as can be told.

    A step inside a frame comes from ourselves, without Referer. The homepage's first request has one, unless its policy
    or a browser extension removed it; then only the browser can tell, unless nobody else may embed anyway. Old browsers
    send no Sec-Fetch-Dest: only ``?frame=1`` shows that a frame asks.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return False
    destination = request.headers.get("Sec-Fetch-Dest")
    if destination not in FRAMES and (destination is not None or request.args.get("frame") != "1"):
        return False
    if request.referrer:
        return not may_embed(embedding.origin_of(request.referrer) or "null")
    return destination is not None and not other_origins()


def refuse_foreign_frame() -> Response:
    """Answer by a page that says why it cannot be shown here. It holds nothing, and so may be framed by anybody."""
    g.framed_by = "*"
    concerns = request.args.getlist("concern") or None
    endpoint = str(request.endpoint) if request.method == "GET" else "citizen.concerns"
    address = url_for(endpoint, frame=None, concern=concerns, office=request.args.get("office"))
    page = render_template("citizen/foreign_frame.html", address=address)
    answer = make_response(page, 403)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def say_who_may_frame(response: Response) -> Response:
    """Put the origins that may frame this answer into its policy; what may stand anywhere leads out of its frame."""
    if "Content-Security-Policy" in response.headers:  # a logo has a stricter one
        return response
    ancestors = _frame_ancestors()
    response.headers["Content-Security-Policy"] = headers.policy(
        frame_ancestors=ancestors, frames_itself=g.get("frames_itself", False)
    )
    if ancestors == "*" and response.mimetype == "text/html":
        response.set_data(_LINK.sub('<a target="_blank" ', response.get_data(as_text=True)))
    return response


def _frame_ancestors() -> str:
    """Return who may frame this answer, as a source list of the Content-Security-Policy.

    An unknown municipality or a database that is away holds nothing to protect: it may say so anywhere. The appointment
    behind a link opens in a tab of its own; only the steps of a frame that stands already may lead to it.
    """
    if "framed_by" in g:
        return str(g.framed_by)
    if "catalogue" not in g or "is_adopted" in g:
        return "*" if g.get("slug") and request.headers.get("Sec-Fetch-Dest") in FRAMES else "'none'"
    if g.get("slug") is None and not (is_framed() and request.headers.get("Sec-Fetch-Site") == "same-origin"):
        return "'none'"
    return " ".join(("'self'", *embedding_origins()))


def _own_origins() -> tuple[str, ...]:
    own = (g.catalogue.base_url, current_app.config["BASE_URL"])
    return tuple(dict.fromkeys(origin for origin in map(embedding.origin_of, own) if origin))
