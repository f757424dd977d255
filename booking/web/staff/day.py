"""The day schedule: an office's day on one page, its marks, its waiting room and what has changed meanwhile."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Response, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.day_schedule import day_schedule, day_version
from booking.errors import Refusal
from booking.rules import roles
from booking.rules.catalogue import Concern
from booking.web import problems
from booking.web.staff.board import Board, board_of, is_current, named
from booking.web.staff.door import admits, blueprint, poll
from booking.web.staff.marking import act, walk_in
from booking.web.staff.places import Place
from booking.web.staff.typed import asked_day
from booking.web.staff.users import place_state

VIEWS = ("plan", "list")
LOOK = "look"  # in the signed cookie: ``{"schwarmstedt.buergerbuero": {"platz": …}}``, of one office at a time


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks at the day: it stands in the address, so each window has its own; the way back, the latest."""

    view: str = "plan"
    platz: str = ""
    keys: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What the address says beside the defaults."""
        own = {"view": self.view if self.view != VIEWS[0] else "", "platz": self.platz, "keys": self.keys}
        return {name: value for name, value in own.items() if value}


class Pressed(NamedTuple):
    """Whose button was pressed, and to which Platz it would have led."""

    reference: str = ""
    platz: str = ""


NOBODY = Pressed()


@blueprint.get("/<place:place>/")
@admits(*roles.DAY)
def show_office(place: Place) -> AnyResponse:
    """Go to today, looked at as last time."""
    return redirect(_address(place, _today(), **_kept(place)))


@blueprint.get("/<place:place>/day")
@admits(*roles.DAY)
def choose_day(place: Place) -> AnyResponse:
    """Go to the day that somebody has typed or picked; to today if it is none."""
    return redirect(_address(place, asked_day("day") or _today()))


@blueprint.get("/<place:place>/day/<day:day>")
@admits(*roles.DAY)
def show_day(place: Place, day: date) -> str:
    """Show the whole day."""
    _keep(place)
    return _page(place, day)


@blueprint.get("/<place:place>/day/<day:day>/changes")
@admits(*roles.DAY)
@poll
def show_changes(place: Place, day: date) -> AnyResponse | str:
    """Answer the board if it has changed since the version asked about; nothing new costs the query of the login."""
    if has_not_changed():
        return Response(status=204)
    return render_template("staff/_board.html", board=_board(day), **_shown(place, day))


@blueprint.post("/<place:place>/day/<day:day>/mark")
@admits(*roles.DAY)
def mark_entry(place: Place, day: date) -> AnyResponse | tuple[str, int]:
    """Mark, take back, extend or take from the waiting room, and return to the same entry."""
    verb, _, rest = request.form.get("do", "").partition(":")
    reference, _, detail = rest.partition(":")
    try:
        act(verb, reference, detail, now=clock.now())
    except Refusal as refusal:
        pressed = Pressed(reference, detail if verb == "take" else "")
        return _page(place, day, refusal, pressed), problems.status(refusal)
    return redirect(_address(place, day, said=verb, of=reference, _anchor=f"t-{reference}"))


@blueprint.post("/<place:place>/day/<day:day>/walk-in")
@admits(*roles.DAY)
def let_in(place: Place, day: date) -> AnyResponse | tuple[str, int]:
    """Give somebody without an appointment a number."""
    try:
        number = walk_in(request.form, now=clock.now())
    except Refusal as refusal:
        return _page(place, day, refusal), problems.status(refusal)
    return redirect(_address(place, _today(), said="arrive", number=number, _anchor="said"))


def _address(place: Place, day: date, **more: Any) -> str:
    """Return the address of a day, looked at as before."""
    return url_for("staff.show_day", place=place, day=day, **{**_look().query, **more})


def _keep(place: Place) -> None:
    """Keep how somebody looks at the day, for the way back from other pages; a new cookie only when that changes."""
    seen = {str(place): _look().query}
    if session.get(LOOK) != seen:
        session[LOOK] = seen


def _kept(place: Place) -> dict[str, str]:
    kept: dict[str, str] = session.get(LOOK, {}).get(str(place), {})
    return kept


def _page(place: Place, day: date, refusal: Refusal | None = None, pressed: Pressed = NOBODY) -> str:
    board = _board(day)
    refused = problems.precise(named(refusal, board)) if refusal else ""
    return render_template(
        "staff/day.html",
        board=board,
        refused=refused,
        whose=board.called(pressed.reference) if refused else "",
        whither=next((clerk.name for clerk in g.catalogue.clerks if clerk.slug == pressed.platz), None),
        said="" if refused else request.args.get("said", ""),
        of=request.args.get("of", ""),
        number=request.args.get("number", type=int),
        concerns=_concerns_of_walk_ins(),
        form_key=str(uuid.uuid4()),
        **_shown(place, day),
    )


def has_not_changed() -> bool:
    """Whether the page that asks, by its ``version``, still shows what is; costs no query beside the login's."""
    state = place_state()
    seen = day_version(state) if state else ""
    return is_current(request.args.get("version", ""), seen, now=clock.now())


def _board(day: date) -> Board:
    now = clock.now()
    return board_of(day_schedule(g.catalogue.slug, g.office.slug, day, now=now), g.catalogue.zone, now=now)


def _shown(place: Place, day: date) -> dict[str, Any]:
    look = _look()
    return {
        "place": place,
        "day": day,
        "look": look,
        "here": {"place": place, "view": None, "platz": None, "keys": None} | look.query,
        "base": url_for("staff.show_office", place=place),
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "today": _today(),
        **_clocks(g.catalogue.zone, clock.now()),
    }


def _clocks(zone: ZoneInfo, now: datetime) -> dict[str, Callable[[datetime], str | int]]:
    """Return how the board writes moments: made for hundreds of them, where Babel would take longest."""
    return {
        "hands": lambda moment: f"{moment.astimezone(zone):%H:%M}",
        "seconds": lambda moment: int(moment.timestamp()),
        "minutes": lambda moment: f"{max(0, int((now - moment).total_seconds())) // 60} Min.",
    }


def _look() -> Look:
    view, platz = request.args.get("view", ""), request.args.get("platz", "")
    here = {clerk.slug for clerk in g.catalogue.clerks}
    keys = request.args.get("keys", "")
    return Look(
        view=view if view in VIEWS else VIEWS[0],
        platz=platz if platz in here else "",
        keys=keys if keys == "off" else "",
    )


def _concerns_of_walk_ins() -> list[Concern]:
    offered = ((concern, concern.offices.get(g.office.id)) for concern in g.catalogue.open_concerns)
    return [concern for concern, here in offered if here and here.staff]


def _today() -> date:
    today: date = clock.now().astimezone(g.catalogue.zone).date()
    return today
