"""Closures of an office and of the whole municipality, and the municipality's holidays."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.closures import ClosureAt, closures_of, remove_closure, save_closure
from booking.actions.edit_entry import edit_entry, open_entry
from booking.actions.holidays import holidays_of
from booking.errors import Invalid, NotFound, Refusal, Strands
from booking.rules import roles
from booking.rules.catalogue import Office
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import accepted, languages, spread, told, words
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed
from booking.web.words import clock as oclock
from booking.web.words import full_date

Answer = str | tuple[str, int] | Response
FIELDS = {"date": "first", "every": "first", "from": "first", "to": "last", "hours": "start", "name": "name"}
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip


@blueprint.get("/<place:place>/closures")
@admits(*roles.MANAGERS)
def show_closures(place: Place) -> str:
    """List an office's closures, the municipality's beside them, and ask for more."""
    return _page(place)


@blueprint.post("/<place:place>/closures")
@admits(*roles.MANAGERS)
def save_office_closure(place: Place) -> Answer:
    """Enter or change a closure of this office."""
    return _save(place)


@blueprint.post("/<place:place>/closures/<int:closure>/remove")
@admits(*roles.MANAGERS)
def remove_office_closure(place: Place, closure: int) -> Response:
    """Let this office be open again."""
    remove_closure(actor(), closure, now=clock.now())
    return redirect(url_for("staff.show_closures", place=place, done="removed"))


@blueprint.get("/<town>/closures")
@admits(*roles.MANAGERS)
def show_town_closures(town: str) -> str:
    """List the closures of all offices together and the holidays."""
    return _page(town)


@blueprint.post("/<town>/closures")
@admits(*roles.MANAGERS)
def save_town_closure(town: str) -> Answer:
    """Enter or change a closure of all offices."""
    return _save(town)


@blueprint.post("/<town>/closures/<int:closure>/remove")
@admits(*roles.MANAGERS)
def remove_town_closure(town: str, closure: int) -> Response:
    """Let all offices be open again."""
    remove_closure(actor(), closure, now=clock.now())
    return redirect(url_for("staff.show_town_closures", town=town, done="removed"))


@blueprint.post("/<town>/holidays")
@admits(*roles.MANAGERS)
def save_holidays(town: str) -> Answer:
    """Choose the holidays on which people are served, and add local ones."""
    typed = Typed()
    holidays = dict(open_entry(actor(), "municipality", town)["holidays"])
    mine = {day.name for day in holidays_of(actor(), now=clock.now())}
    dates = [each for each in holidays.get("remove", []) if each[:1].isdigit()]
    holidays["remove"] = sorted(set(typed.all("worked")) & mine) + dates
    holidays["add"] = [each for key, each in enumerate(holidays.get("add", [])) if str(key) in typed.all("kept")]
    name, day = words(typed, "holiday"), typed.day("holiday_day")
    if name or day:
        if day is None:
            typed.wrong("holiday_day", "required")
        else:
            when = {"every": f"{day:%m-%d}"} if request.form.get("holiday_yearly") else {"date": str(day)}
            holidays["add"] = [*holidays["add"], {**when, "name": name}]
    try:
        typed.check()
        stranded = edit_entry(actor(), "municipality", town, {"holidays": holidays}, now=clock.now())
    except Invalid as refusal:
        return _page(town, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_town_closures", town=town, done="holidays", stranded=len(stranded)))


def _save(where: Place | str) -> Answer:
    typed = Typed()
    entry = _typed_entry(typed, where)
    closure = typed.whole("closure")
    try:
        typed.check()
        stranded = save_closure(actor(), entry, closure=closure, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _page(where, refusal), problems.status(refusal)
    return redirect(_address(where, done="saved", stranded=len(stranded)))


def _typed_entry(typed: Typed, where: Place | str) -> dict[str, Any]:
    first, last = typed.day("first", required=True), typed.day("last")
    start, end = typed.clock("start"), typed.clock("end")
    entry: dict[str, Any] = {"name": words(typed, "name")}
    if isinstance(where, Place):
        entry["office"] = where.office
    if start or end:
        until = f"{end:%H:%M}" if end else "24:00"
        entry["hours"] = f"{start:%H:%M}-{until}" if start else f"00:00-{until}"
    if first is None:
        return entry
    if request.form.get("yearly"):
        if last and last != first:
            typed.wrong("last", "yearly-one-day")
        return {**entry, "every": f"{first:%m-%d}"}
    return {**entry, **({"date": str(first)} if last in (None, first) else {"from": str(first), "to": str(last)})}


def _page(where: Place | str, refusal: Refusal | None = None) -> str:
    """Show the closures of an office, or (a town's slug) of all offices together."""
    place = where if isinstance(where, Place) else None
    everything = closures_of(actor(), now=clock.now())
    here: Office | None = g.office if place else None
    mine = [one for one in everything if (one.office == here.id if here else one.office is None)]
    others = [one for one in everything if here and one.office is None]
    editing = _editing(mine)
    return render_template(
        "staff/closures.html",
        mine=mine,
        others=others,
        editing=editing,
        values=request.form if request.method == "POST" else _values(editing),
        languages=languages(),
        holidays=holidays_of(actor(), now=clock.now()) if not place else (),
        added=open_entry(actor(), "municipality", g.catalogue.slug)["holidays"].get("add", []) if not place else (),
        save_to=_address(where),
        **told(refusal, place, FIELDS),
    )


def _editing(mine: list[ClosureAt]) -> ClosureAt | None:
    wanted = request.values.get("closure", type=int)
    if wanted is None:
        return None
    found = next((one for one in mine if one.id == wanted), None)
    if found is None:
        raise NotFound("closure")
    return found


def _values(editing: ClosureAt | None) -> Mapping[str, Any]:
    """Return a stored closure as the fields of the form; a yearly one with its next date."""
    if editing is None:
        return {}
    entry = editing.entry
    start, _, end = entry.get("hours", "").partition("-")
    yearly = f"{clock.now().year}-{entry['every']}" if "every" in entry else ""
    return {
        "first": entry.get("date") or entry.get("from") or yearly,
        "last": entry.get("to", ""),
        "start": start,
        "end": "" if end == "24:00" else end,
        "yearly": yearly,
        **spread("name", entry["name"]),
    }


def _address(where: Place | str, **values: Any) -> str:
    if isinstance(where, Place):
        return url_for("staff.show_closures", place=where, **values)
    return url_for("staff.show_town_closures", town=where, **values)


@blueprint.app_template_filter("closed_when")
def closed_when(entry: Mapping[str, Any]) -> str:
    """Write when a closure, or an added holiday, is: ``Freitag, 11. Dezember 2026, 12:00 Uhr bis 18:00 Uhr``."""
    if "every" in entry:
        month, day = entry["every"].split("-")
        days = f"jedes Jahr am {int(day)}. {MONTHS[int(month) - 1]}"
    elif "date" in entry:
        days = full_date(date.fromisoformat(entry["date"]))
    else:
        days = " bis ".join(full_date(date.fromisoformat(entry[end])) for end in ("from", "to"))
    start, _, end = entry.get("hours", "").partition("-")
    return f"{days}, {_hands(start)} bis {_hands(end)}" if start else days


def _hands(text: str) -> str:
    return "Tagesende" if text == "24:00" else oclock(time.fromisoformat(text))
