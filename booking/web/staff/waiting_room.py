"""The screen of the waiting room: who is called to which Platz, by number, never by name.

This is how staff see it; the screen itself has an address of its own (``web/rooms.py``), without a login.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.day_schedule import day_schedule
from booking.rules import roles
from booking.rules.texts import Text
from booking.web.staff.board import board_of, called
from booking.web.staff.day import has_not_changed
from booking.web.staff.door import admits, blueprint, poll
from booking.web.staff.places import Place
from booking.web.words import plain

MOST_CALLS = 8  # that can be read from the other end of the room
SHORT = re.compile(r"\b(?:Platz|Schalter|Tresen|Zimmer|Raum|Büro)\s+\S+")
ON_ONE_LINE = 9  # characters that fit beside a number of three digits


@blueprint.get("/<place:place>/waiting-room")
@admits(*roles.DAY)
def show_waiting_room(place: Place) -> str:
    """Show the calls of today as they stand in the waiting room."""
    changes = url_for("staff.show_calls", place=place)
    return render_template("staff/waiting_room.html", is_alone=False, changes=changes, **_called())


@blueprint.get("/<place:place>/waiting-room/changes")
@admits(*roles.DAY)
@poll
def show_calls(place: Place) -> AnyResponse | str:  # noqa: ARG001 - the door has read it
    """Answer the calls if they may have changed since the version asked about."""
    if has_not_changed():
        return Response(status=204)
    return render_template("staff/_calls.html", **_called())


def calls_of(town: str, office: str, zone: ZoneInfo, *, now: datetime) -> dict[str, Any]:
    """Return what the screen of an office (by slugs) shows at this moment: the latest calls and their version."""
    board = board_of(day_schedule(town, office, now.astimezone(zone).date(), now=now), zone, now=now)
    shown = {"calls": called(board.day)[:MOST_CALLS], "clerks": short_names(board.clerks), "version": board.version}
    return {"office": board.day.office, "zone": zone, "now": now, **shown}


def _called() -> dict[str, Any]:
    return calls_of(g.catalogue.slug, g.office.slug, g.catalogue.zone, now=clock.now())


def short_names(clerks: Mapping[int, Text]) -> dict[int, str]:
    """Return what is read from afar: ``Platz 2`` of ``Bürgerbüro Platz 2 (Springer)``, unless two would be the same."""
    names = {clerk: plain(name) for clerk, name in clerks.items()}
    short = {clerk: found[0] if (found := SHORT.search(name)) else name for clerk, name in names.items()}
    shared = Counter(short.values())
    chosen = {clerk: name if shared[name] == 1 else names[clerk] for clerk, name in short.items()}
    return {clerk: name.replace(" ", "\xa0") if len(name) <= ON_ONE_LINE else name for clerk, name in chosen.items()}
