"""What the pages share on which an office, or the municipality, is run."""

from datetime import timedelta
from typing import Any

from flask import request, url_for

from booking.actions.absences import Away
from booking.errors import Refusal
from booking.rules.blocks import MIDNIGHT
from booking.web import problems
from booking.web.staff.door import blueprint
from booking.web.staff.places import Place
from booking.web.words import clock, short_date

OFFICE_PAGES = [("staff.show_absences", "Abwesenheiten")]
TOWN_PAGES: list[tuple[str, str]] = []


def told(refusal: Refusal | None, place: Place | None = None) -> dict[str, Any]:
    """Return what a page shows of the last step: sentences beside the fields, what was typed, what was done."""
    named = problems.faults(refusal) if refusal else ()
    return {
        "errors": {fault.pointer.strip("/"): problems.fault_sentence(fault) for fault in named},
        "typed": request.form,
        "done": request.args.get("done", ""),
        "stranded": request.args.get("stranded", 0, type=int),
        "work_list": f"{url_for('staff.home')}{place}/stranded" if place else "",
        "office_pages": OFFICE_PAGES,
        "town_pages": TOWN_PAGES,
    }


@blueprint.app_template_filter("away_times")
def away_times(away: Away) -> str:
    """Write ``Di., 24. Nov.``, ``Di., 24. Nov. bis Fr., 27. Nov.`` or with times what is no whole day."""
    first, last = away.start.date(), (away.end - timedelta(seconds=1)).date()
    is_whole = MIDNIGHT == away.start.time() == away.end.time()
    begin = short_date(first) if is_whole else f"{short_date(first)}, {clock(away.start)}"
    day = short_date(last) if last != first else ""
    if away.end.time() == MIDNIGHT:
        end = day or ("" if is_whole else "Tagesende")
    else:
        end = f"{day}, {clock(away.end)}" if day else clock(away.end)
    return f"{begin} bis {end}" if end else begin
