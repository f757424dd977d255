"""What the pages share on which an office, or the municipality, is run."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import g, request, url_for

from booking import clock
from booking.actions.absences import Away
from booking.actions.stranded import name_appointments
from booking.errors import Refusal, Strands
from booking.rules.blocks import MIDNIGHT
from booking.rules.languages import LANGUAGES
from booking.web import problems
from booking.web.staff.door import actor, blueprint
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed
from booking.web.words import clock as oclock
from booking.web.words import short_date

MOST_NAMED = 20  # of those whom a change would strand
OFFICE_PAGES = [
    ("staff.show_absences", "Abwesenheiten"),
    ("staff.show_times", "Sprechzeiten"),
    ("staff.show_closures", "Schließungen"),
    ("staff.show_clerks", "Wer kann was"),
    ("staff.show_office_data", "Stelle und Regeln"),
    ("staff.explain", "Warum ist nichts frei?"),
    ("staff.show_feeds", "Kalender und Anzeige"),
    ("staff.show_paper", "Tagesplan auf Papier"),
]
TOWN_PAGES = [
    ("staff.show_town_closures", "Schließungen überall"),
    ("staff.show_rules", "Regeln für alle Stellen"),
    ("staff.show_concerns", "Anliegen"),
]


def told(refusal: Refusal | None, place: Place | None = None, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what a page shows of the last step: sentences beside the fields, what was done, whom it strands.

    ``names`` tells in which field of the form stands what a pointer means, where that is not the pointer itself.
    """
    errors: dict[str, str] = {}
    for fault in problems.faults(refusal) if refusal else ():
        pointer = fault.pointer.strip("/").replace("/", ".")
        name = (names or {}).get(pointer) or (names or {}).get(pointer.split(".")[0]) or pointer
        errors.setdefault(name, problems.fault_sentence(fault))
    strands = refusal.references if isinstance(refusal, Strands) else ()
    return {
        "errors": errors,
        "place": place,
        "typed": request.form,
        "done": request.args.get("done", ""),
        "stranded": request.args.get("stranded", 0, type=int),
        "strands": strands,
        "stranding": name_appointments(actor(), strands[:MOST_NAMED]) if strands else (),
        "work_list": f"{url_for('staff.home')}{place}/stranded" if place else "",
        "office_pages": OFFICE_PAGES,
        "town_pages": TOWN_PAGES,
    }


def local_now() -> datetime:
    """Return this moment on the municipality's wall clock."""
    now: datetime = clock.now().astimezone(g.catalogue.zone)
    return now


def accepted() -> int:
    """Return how many stranded appointments the page has shown to whoever presses the button again."""
    return max(0, request.form.get("accepts", 0, type=int))


def languages() -> list[tuple[str, str]]:
    """Return the municipality's languages with their names, the first of which every text must have."""
    return [(tag, LANGUAGES[tag].name if tag in LANGUAGES else tag) for tag in g.catalogue.languages]


def words(typed: Typed, name: str, *, longest: int = 250) -> dict[str, str]:
    """Read a text in all languages: the field of the first is ``name``, of the others ``name.en`` and so on."""
    first, *others = g.catalogue.languages
    found = {first: typed.text(name, longest=longest)}
    found |= {tag: typed.text(f"{name}.{tag}", longest=longest) for tag in others}
    return {tag: text for tag, text in found.items() if text}


def spread(name: str, text: Mapping[str, str]) -> dict[str, str]:
    """Return a text in all languages as the fields that ``words`` reads."""
    first, *others = g.catalogue.languages
    return {name: text.get(first, ""), **{f"{name}.{tag}": text.get(tag, "") for tag in others}}


def day_of(text: str | None) -> date | None:
    """Return the date that an entry of the catalogue holds."""
    return date.fromisoformat(text) if text else None


@blueprint.app_template_filter("away_times")
def away_times(away: Away) -> str:
    """Write ``Di., 24. Nov.``, ``Di., 24. Nov. bis Fr., 27. Nov.`` or with times what is no whole day."""
    first, last = away.start.date(), (away.end - timedelta(seconds=1)).date()
    is_whole = MIDNIGHT == away.start.time() == away.end.time()
    begin = short_date(first) if is_whole else f"{short_date(first)}, {oclock(away.start)}"
    day = short_date(last) if last != first else ""
    if away.end.time() == MIDNIGHT:
        end = day or ("" if is_whole else "Tagesende")
    else:
        end = f"{day}, {oclock(away.end)}" if day else oclock(away.end)
    return f"{begin} bis {end}" if end else begin
