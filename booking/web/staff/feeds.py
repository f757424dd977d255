"""The secret addresses of an office, calendars and the waiting room's screen: shown once when made, and revoked."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.explain_day import clerks_of
from booking.actions.manage_feeds import list_feeds, make_feed, revoke_feed
from booking.errors import Invalid
from booking.ical.origin import origin_of
from booking.rules import roles
from booking.rules.feeds import Shows
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import told
from booking.web.staff.places import Place


@blueprint.get("/<place:place>/feeds")
@admits(*roles.MANAGERS)
def show_feeds(place: Place) -> str:
    """List the feeds; their addresses nobody can tell any more."""
    return _page(place)


@blueprint.post("/<place:place>/feeds")
@admits(*roles.MANAGERS)
def add_feed(place: Place) -> str | tuple[str, int]:
    """Make one and show its address on this very page: it must not stand in a link, a log or the browser's history."""
    wanted = {"clerk": request.form.get("clerk", ""), "shows": request.form.get("shows", "")}
    try:
        secret = make_feed(g.office.id, **wanted, by=actor(), now=clock.now())
    except Invalid as refusal:
        return _page(place, refusal), problems.status(refusal)
    is_screen = wanted["shows"] == Shows.NUMBERS
    path = f"rooms/{secret}" if is_screen else f"feeds/{secret}.ics"
    return _page(place, address=f"{origin_of(g.catalogue, 'de').base_url}/{path}", is_screen=is_screen)


@blueprint.post("/<place:place>/feeds/<int:feed>/revoke")
@admits(*roles.MANAGERS)
def end_feed(place: Place, feed: int) -> Response:
    """Revoke one."""
    revoke_feed(feed, office=g.office.id, by=actor(), now=clock.now())
    return redirect(url_for("staff.show_feeds", place=place, done="revoked"))


def _page(place: Place, refusal: Invalid | None = None, *, address: str = "", is_screen: bool = False) -> str:
    return render_template(
        "staff/feeds.html",
        feeds=list_feeds(g.office.id, by=actor()),
        clerks=clerks_of(g.catalogue, g.office),
        address=address,
        is_screen=is_screen,
        **told(refusal, place),
    )
