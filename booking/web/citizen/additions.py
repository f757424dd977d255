"""What can be added to a choice in the same visit, and why the rest needs a visit of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from booking.errors import NotCombinable, NotFound
from booking.rules.appointments import Wish
from booking.rules.catalogue import Concern, Office
from booking.rules.orders import chosen_concerns, visit_at, visits
from booking.rules.stretches import longest_visit
from booking.web.citizen.choice import Choice

Reason = Literal["office", "clerk", "time"]
"""Another office does it, another clerk does it, or together it takes longer than any stretch of working time."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A concern that does not fit to a choice, the offices that do it, and why it does not fit."""

    concern: Concern
    offices: tuple[Office, ...]
    reason: Reason


def additions(choice: Choice, concerns: Iterable[Concern]) -> tuple[list[Concern], list[Apart]]:
    """Divide concerns, without the chosen ones, into those that fit in the same visit and those that do not."""
    chosen = {concern.id for concern, _ in choice.concerns}
    fit: list[Concern] = []
    rest: list[Apart] = []
    for concern in concerns:
        if concern.id in chosen:
            continue
        if reason := _hindrance(choice, concern):
            rest.append(Apart(concern, _offices(choice, concern), reason))
        else:
            fit.append(concern)
    return fit, rest


def office_with(choice: Choice, concern: Concern) -> Office | None:
    """Return the chosen office, if one is chosen and has time for one more concern in the same visit."""
    if choice.office is None:
        return None
    try:
        visit = visit_at(choice.catalogue, choice.office, _added(choice, concern))
    except (NotFound, NotCombinable):
        return None
    return choice.office if visit.minutes <= longest_visit(choice.catalogue, visit) else None


def _hindrance(choice: Choice, concern: Concern) -> Reason | None:
    added = _added(choice, concern)
    try:
        found = tuple(visits(choice.catalogue, added))
    except NotCombinable:
        shared = {visit.office.id for visit in choice.visits} & {office.id for office in _offices(choice, concern)}
        return "clerk" if shared else "office"
    together = replace(choice, concerns=added, visits=found, office=None)
    return "time" if together.is_too_long else None


def _added(choice: Choice, concern: Concern) -> tuple[tuple[Concern, int], ...]:
    return (*choice.concerns, *chosen_concerns(choice.catalogue, [Wish(concern.slug)]))


def _offices(choice: Choice, concern: Concern) -> tuple[Office, ...]:
    known = ((office, concern.offices.get(office.id)) for office in choice.catalogue.open_offices)
    return tuple(office for office, at in known if at is not None and at.online)
