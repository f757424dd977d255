"""Door: calendar feeds for the counter's calendar programs, which have no cookie: the address is the key."""

from flask import Blueprint, Response

from booking import clock
from booking.actions.open_feed import open_feed
from booking.errors import NotFound
from booking.web.api.conditional import is_known

blueprint = Blueprint("feeds", __name__)
ASK_AGAIN = "private, no-cache"  # kept by whoever asked, by no one between, and asked about each time


@blueprint.get("/feeds/<secret>.ics")
def show(secret: str) -> Response:
    """Answer with the calendar, or 304 if it has not changed; an address that is not (or no longer) one is no page."""
    try:
        opened = open_feed(secret, is_known=is_known, now=clock.now())
    except NotFound:  # in plain words: a page would repeat the address in its links
        return Response("There is no such calendar.\n", status=404, mimetype="text/plain")
    headers = {"ETag": opened.etag, "Cache-Control": ASK_AGAIN, "X-Robots-Tag": "noindex"}
    if opened.body is None:
        return Response(status=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="termine.ics"'
    return Response(opened.body, headers=headers, content_type="text/calendar; charset=utf-8")
