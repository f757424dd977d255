"""Door: the waiting room's screen at its secret address, for a device in a public room, where nobody is logged in."""

from flask import Blueprint, Response, g, render_template, request, url_for

from booking import clock
from booking.actions.browse import catalogue_as_seen
from booking.actions.day_schedule import day_version
from booking.actions.open_room import Room, open_room
from booking.errors import NotFound
from booking.web import languages
from booking.web.staff.board import is_current
from booking.web.staff.waiting_room import calls_of

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/rooms/<secret>")
def show(secret: str) -> Response | str:
    """Show the calls of today, large."""
    room = open_room(secret)
    _settle(room)
    changes = url_for("rooms.show_changes", secret=secret)
    return render_template("staff/waiting_room.html", is_alone=True, changes=changes, **_called(room))


@blueprint.get("/rooms/<secret>/changes")
def show_changes(secret: str) -> Response | str:
    """Answer the calls if they may have changed since the version asked about; nothing new costs one query."""
    room = open_room(secret)
    if is_current(request.args.get("version", ""), day_version(room.state), now=clock.now()):
        return Response(status=204)
    _settle(room)
    return render_template("staff/_calls.html", **_called(room))


@blueprint.errorhandler(NotFound)
def _no_such_room(_error: NotFound) -> Response:
    """Say it in plain words: a page would repeat the address in its links."""
    return Response("Diese Adresse gilt nicht oder nicht mehr.\n", status=404, mimetype="text/plain")


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _settle(room: Room) -> None:
    languages.speak("de")
    g.catalogue = catalogue_as_seen(room.town, room.state.revision)
    g.office = g.catalogue.office(room.state.office)


def _called(room: Room) -> dict[str, object]:
    return calls_of(room.town, room.office, room.zone, now=clock.now())
