"""Sprechzeiten: the weeks of an office's clerks, single days that differ, and the forms for both."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.blocks import BlockAt, Slot, blocks_of, remove_block, save_blocks, save_day
from booking.actions.explain_day import clerks_of
from booking.errors import Invalid, NotFound, Refusal, Strands
from booking.rules import roles
from booking.rules.blocks import Block, blocks_on
from booking.rules.catalogue import Clerk
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import accepted, local_now, told
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed

Answer = str | tuple[str, int] | Response
WEEKDAYS = {
    "mon": "Montag",
    "tue": "Dienstag",
    "wed": "Mittwoch",
    "thu": "Donnerstag",
    "fri": "Freitag",
    "sat": "Samstag",
    "sun": "Sonntag",
}
KINDS = {"online": "Termine, auch online", "staff": "Termine nur über Telefon und Schalter", "walk-in": "Ohne Termin"}
DEEDS = ("save", "end", "remove")
FIELDS = {"hours": "start"}
ROWS = 6  # stretches that one day may have


@blueprint.get("/<place:place>/times")
@admits(*roles.MANAGERS)
def show_times(place: Place) -> str:
    """Show the weeks of all clerks of the office."""
    clerks = clerks_here()
    today = str(local_now().date())
    blocks = [one for one in blocks_of(actor(), *(clerk.slug for clerk in clerks)) if not _is_over(one, today)]
    return render_template(
        "staff/times.html",
        clerks=clerks,
        blocks=blocks,
        weekdays=WEEKDAYS,
        kinds=KINDS,
        concern_names={each.slug: each.name for each in g.catalogue.concerns},
        **told(None, place),
    )


@blueprint.get("/<place:place>/times/<clerk>")
@admits(*roles.MANAGERS)
def show_block(place: Place, clerk: str) -> str:
    """Ask for a new block, or (``?block=``) show one to be changed or ended."""
    return _block_page(place, clerk)


@blueprint.post("/<place:place>/times/<clerk>")
@admits(*roles.MANAGERS)
def change_block(place: Place, clerk: str) -> Answer:
    """Save, end or remove a block; what would strand appointments is asked once more."""
    typed = Typed()
    slot = Slot(clerk, typed.whole("block"))
    how = request.form.get("how", "save")
    since = typed.day("since", required=how == "end")
    if how not in DEEDS:
        typed.wrong("how", "invalid")
    try:
        if how == "save":
            entries = _typed_blocks(typed, place)
            typed.check()
            stranded = save_blocks(actor(), slot, entries, since=since, now=clock.now(), accepts=accepted())
        else:
            typed.check()
            ends = since if how == "end" else None
            stranded = remove_block(actor(), slot, since=ends, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _block_page(place, clerk, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_times", place=place, done="saved", stranded=len(stranded)))


@blueprint.get("/<place:place>/times/<clerk>/day")
@admits(*roles.MANAGERS)
def show_day_hours(place: Place, clerk: str) -> str:
    """Show the hours of one date, to be changed for this date alone."""
    return _day_page(place, clerk, Typed.of_query().day("day") or local_now().date())


@blueprint.post("/<place:place>/times/<clerk>/day")
@admits(*roles.MANAGERS)
def change_day_hours(place: Place, clerk: str) -> Answer:
    """Save the hours of one date, or let it be like every week again."""
    typed = Typed()
    day = typed.day("day", required=True)
    weekly = request.form.get("how") == "weekly"
    rows = [] if weekly else _typed_rows(typed, place)
    if not (rows or weekly):
        typed.wrong("start0", "no-hours")
    try:
        typed.check()
        stranded = save_day(actor(), clerk, day or date.min, rows, now=clock.now(), accepts=accepted())
    except (Invalid, Strands) as refusal:
        return _day_page(place, clerk, day or local_now().date(), refusal), problems.status(refusal)
    return redirect(url_for("staff.show_times", place=place, done="saved", stranded=len(stranded)))


def clerks_here() -> list[Clerk]:
    """Return the clerks who work at this office, and those who work nowhere yet."""
    working = {block.clerk for block in g.catalogue.blocks}
    here = {clerk.id for clerk in clerks_of(g.catalogue, g.office)}
    return [clerk for clerk in g.catalogue.clerks if clerk.id in here or clerk.id not in working]


def _clerk(slug: str) -> Clerk:
    found = next((clerk for clerk in clerks_here() if clerk.slug == slug), None)
    if found is None:
        raise NotFound("clerk")
    return found


def _typed_blocks(typed: Typed, place: Place) -> list[dict[str, Any]]:
    weekdays = typed.all("weekday")
    if not weekdays:
        typed.wrong("weekday", "choose")
    start, end = typed.clock("start", required=True), typed.clock("end", required=True)
    valid_from, valid_to = typed.day("valid_from"), typed.day("valid_to")
    entry = {
        "office": place.office,
        "hours": f"{start:%H:%M}-{end:%H:%M}" if start and end else "",
        "kind": typed.text("kind"),
        "every_weeks": typed.whole("every_weeks") or 1,
        "valid_from": str(valid_from) if valid_from else "",
        "valid_to": str(valid_to) if valid_to else "",
        "concerns": typed.all("concerns"),
    }
    return [{**entry, "weekday": weekday} for weekday in weekdays]


def _typed_rows(typed: Typed, place: Place) -> list[dict[str, Any]]:
    rows = []
    for number in range(ROWS):
        start, end = typed.clock(f"start{number}"), typed.clock(f"end{number}")
        if start and end:
            rows.append(
                {
                    "office": request.form.get(f"office{number}") or place.office,
                    "hours": f"{start:%H:%M}-{end:%H:%M}",
                    "kind": typed.text(f"kind{number}"),
                    "concerns": [slug for slug in request.form.get(f"concerns{number}", "").split(",") if slug],
                }
            )
        elif start or end:
            typed.wrong(f"end{number}" if start else f"start{number}", "required")
    return rows


def _block_page(place: Place, slug: str, refusal: Refusal | None = None) -> str:
    clerk = _clerk(slug)
    editing = _stored_block(clerk)
    return render_template(
        "staff/block.html",
        clerk=clerk,
        editing=editing,
        values=_typed_values() if request.method == "POST" else _values(editing),
        weekdays=WEEKDAYS,
        kinds=KINDS,
        concerns=[(each.slug, each.name) for each in g.catalogue.open_concerns if g.office.id in each.offices],
        **told(refusal, place, _pointers(FIELDS)),
    )


def _stored_block(clerk: Clerk) -> BlockAt | None:
    wanted = request.values.get("block", type=int)
    if wanted is None:
        return None
    found = next((one for one in blocks_of(actor(), clerk.slug) if one.id == wanted), None)
    if found is None:
        raise NotFound("block")
    return found


def _pointers(fields: Mapping[str, str]) -> dict[str, str]:
    """Pointers count the blocks that were typed at once; a form with several weekdays has each field once."""
    names = ("office", "weekday", "hours", "kind", "concerns", "every_weeks", "valid_from", "valid_to")
    return {f"{place}.{name}": fields.get(name, name) for place in range(len(WEEKDAYS)) for name in names}


def _typed_values() -> dict[str, Any]:
    lists = {name: request.form.getlist(name) for name in ("weekday", "concerns")}
    return {**request.form.to_dict(), **lists}


def _values(editing: BlockAt | None) -> dict[str, Any]:
    if editing is None:
        day = request.args.get("weekday", "")
        return {"weekday": [day], "every_weeks": 1, "kind": "online", "concerns": []}
    entry = editing.entry
    start, _, end = entry["hours"].partition("-")
    weekday = [entry["weekday"]] if "weekday" in entry else []
    return {"every_weeks": 1, "concerns": [], **entry, "start": start, "end": end, "weekday": weekday}


def _day_page(place: Place, slug: str, day: date, refusal: Refusal | None = None) -> str:
    clerk = _clerk(slug)
    mine = [block for block in g.catalogue.blocks if block.clerk == clerk.id]
    stored = sorted(blocks_on(mine, day), key=lambda block: block.start)
    names = {f"{row}.hours": f"start{row}" for row in range(ROWS)}
    return render_template(
        "staff/day_hours.html",
        clerk=clerk,
        day=day,
        values=request.form if request.method == "POST" else _row_values(stored),
        rows=range(ROWS),
        differs=any(block.date == day for block in stored),
        is_open=bool(stored),
        kinds=KINDS,
        **told(refusal, place, names),
    )


def _row_values(blocks: Sequence[Block]) -> dict[str, str]:
    values: dict[str, str] = {}
    for row, block in enumerate(blocks[:ROWS]):
        values |= {
            f"start{row}": f"{block.start:%H:%M}",
            f"end{row}": f"{block.end:%H:%M}",
            f"kind{row}": block.kind.value,
            f"office{row}": g.catalogue.office(block.office).slug,
            f"concerns{row}": ",".join(sorted(g.catalogue.concern(key).slug for key in block.concerns)),
        }
    return values


def _is_over(block: BlockAt, today: str) -> bool:
    """Dates of the form YYYY-MM-DD compare as text."""
    last = block.entry.get("date") or block.entry.get("valid_to")
    return last is not None and last < today


@blueprint.app_template_filter("german_date")
def german_date(text: str) -> str:
    """Write the date that an entry holds as ``05.12.2026``."""
    return f"{date.fromisoformat(text):%d.%m.%Y}"
