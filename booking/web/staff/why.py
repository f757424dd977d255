"""Why is nothing free on Thursday? The core's explanation of a day as a page, for everybody who books."""

from datetime import date
from typing import Any

from flask import g, render_template, request

from booking import clock
from booking.actions.explain_day import explain_day
from booking.errors import Invalid, Refusal
from booking.rules.roles import Role
from booking.web import problems
from booking.web.staff.door import admits, blueprint
from booking.web.staff.managing import local_now, told
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed

MOST = 5  # concerns that one question may name


@blueprint.get("/<place:place>/why")
@admits(*Role)
def explain(place: Place) -> str | tuple[str, int]:
    """Answer ``?concern=personalausweis:2&day=2026-11-26``; without a concern, ask for both."""
    typed = Typed.of_query()
    day = typed.day("day") or local_now().date()
    wishes = _wishes(typed)
    try:
        typed.check()
        found = explain_day(place.town, place.office, wishes, day=day, now=clock.now()) if wishes else None
    except Invalid as refusal:
        return _page(place, day, refusal=refusal), problems.status(refusal)
    return _page(place, day, reasons=found, wishes=wishes)


def _wishes(typed: Typed) -> dict[str, int]:
    """Read the chosen concerns: ``slug:2`` as the phone page links here, or the form's own fields."""
    quantity = typed.whole("quantity") or 1
    found: dict[str, int] = {}
    for text in typed.all("concern")[:MOST]:
        slug, _, amount = text.partition(":")
        if slug:
            found[slug] = int(amount) if amount.isascii() and amount.isdigit() and len(amount) < 4 else quantity  # noqa: PLR2004
    return found


def _page(
    place: Place,
    day: date,
    *,
    reasons: Any = None,
    wishes: dict[str, int] | None = None,
    refusal: Refusal | None = None,
) -> str:
    here = [each for each in g.catalogue.open_concerns if g.office.id in each.offices]
    return render_template(
        "staff/why.html",
        day=day,
        reasons=reasons,
        asked=[(g.catalogue.concern(slug), count) for slug, count in (wishes or {}).items()],
        concerns=here,
        chosen=set(wishes or ()),
        quantity=request.args.get("quantity") or max((wishes or {"": 1}).values()),
        **told(refusal, place),
    )
