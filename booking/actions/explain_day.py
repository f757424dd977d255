"""Explain why an office has no free time for a concern on a day: one reason per clerk, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import Domain

from booking.actions.catalogues import catalogue_of
from booking.actions.desks import ONLINE, day_range
from booking.actions.transaction import reads
from booking.models.cells import taken_words
from booking.rules.appointments import Wish
from booking.rules.blocks import Choice
from booking.rules.catalogue import Catalogue, Clerk, Office
from booking.rules.explain import Question, Reason, Why, Worker, explain
from booking.rules.orders import chosen_concerns, minutes_at, policy_for
from booking.rules.texts import word
from booking.rules.windows import booking_window, near_until

sentences = Domain(domain="reasons")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason: for a clerk, or (``clerk`` is empty) for the whole office; ``sentence`` in the present language."""

    clerk: str
    why: Why
    sentence: str


@reads
def explain_day(
    municipality: str, office: str, concerns: Mapping[str, int], *, day: date, now: datetime
) -> list[Explanation]:
    """Return why citizens are offered nothing for these concerns and quantities (or that they are offered something).

    Raises NotFound, Invalid, Unavailable.
    """
    catalogue = catalogue_of(municipality)
    place = catalogue.office(office)
    chosen = chosen_concerns(catalogue, [Wish(slug, quantity) for slug, quantity in concerns.items()])
    policy = policy_for(place, chosen)
    choice = Choice(place.id, frozenset(concern.id for concern, _ in chosen), ONLINE)
    question = Question(
        timetable=catalogue.timetable,
        choice=choice,
        window=booking_window(policy, now, catalogue.zone),
        minutes=minutes_at(place, chosen),
        useful_rest_minutes=policy.useful_rest_minutes,
        lenient_before=near_until(policy, now, catalogue.zone),
    )
    reasons = explain(question, day, _workers(catalogue, place, day, now))
    names = {clerk.id: word(clerk.name, "de") for clerk in catalogue.clerks}
    return [Explanation(names.get(reason.clerk or 0, ""), reason.why, _sentence(reason)) for reason in reasons]


def _workers(catalogue: Catalogue, office: Office, day: date, now: datetime) -> list[Worker]:
    here = clerks_of(catalogue, office)
    taken = taken_words([clerk.id for clerk in here], day_range(catalogue, (day, day)), now=now)
    return [Worker(clerk.id, clerk.concerns, clerk.after_minutes, taken[clerk.id]) for clerk in here]


def clerks_of(catalogue: Catalogue, office: Office) -> list[Clerk]:
    """Return the clerks who have a block at an office."""
    at = {block.clerk for block in catalogue.blocks if block.office == office.id}
    return [clerk for clerk in catalogue.clerks if clerk.id in at]


def _sentence(reason: Reason) -> str:
    told = {"minutes": reason.longest_free_minutes, "needed": reason.needed_minutes}
    return str(sentences.gettext(reason.why.value, name=word(reason.name, "de"), **told))
