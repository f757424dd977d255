"""The first steps: which concern, what to bring, which office."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.find_starts import find_starts
from booking.rules.catalogue import Concern, Office
from booking.rules.orders import chosen_concerns, policy_for
from booking.rules.search import find
from booking.rules.texts import FALLBACK, Text, word
from booking.rules.windows import next_release
from booking.web.citizen.additions import additions, office_with
from booking.web.citizen.choice import Choice, concerns_online, read_choice, spelled
from booking.web.citizen.door import blueprint


@blueprint.get("/<municipality>/")
def concerns() -> str:
    """List the concerns, or those that a search finds; what is chosen already only takes what fits to it."""
    query = request.args.get("q", "").strip()
    choice = read_choice()
    office = choice.office if choice else _asked_office()
    found = find(_offered(None if choice else office), g.catalogue.referrals, query)
    fitting, apart = additions(choice, found.concerns) if choice else (found.concerns, [])
    return render_template(
        "citizen/concerns.html",
        query=query,
        choice=choice,
        groups=[] if query else _grouped(fitting),
        found=fitting if query else [],
        apart=apart,
        elsewhere=found.elsewhere,
        referrals=found.referrals if query else g.catalogue.referrals,
        wish=_wish_link(choice, office),
        office=office,
    )


@blueprint.get("/<municipality>/checklist")
def checklist() -> str | Redirection:
    """Show what to bring, what it costs, how long it takes, and where: the first page of a choice."""
    choice = read_choice()
    if choice is None:
        return redirect(url_for(".concerns", office=request.args.get("office")))
    if "remove" in request.args:  # an address that can be kept and shared names what is chosen, not how one got there
        return redirect(url_for(".checklist", concern=choice.fields, office=_slug(choice.office)))
    g.offices = choice.offices
    return render_template("citizen/checklist.html", choice=choice, places=_places(choice))


@dataclass(frozen=True, slots=True)
class Place:
    """An office that serves the choice, with its next free time, or else when the next days open."""

    office: Office
    minutes: int
    next: datetime | None
    opens: datetime


def _places(choice: Choice) -> list[Place]:
    now = clock.now()
    found = find_starts(choice.catalogue.slug, choice.wishes, now=now)
    concerns = chosen_concerns(found.catalogue, choice.wishes)  # not the choice's own: it may be a moment older
    return [
        Place(
            office=at.office,
            minutes=at.minutes,
            next=None if at.next is None else datetime.fromtimestamp(at.next, UTC),
            opens=next_release(policy_for(at.office, concerns), now, found.catalogue.zone),
        )
        for at in found.offices
    ]


def _grouped(found: list[Concern]) -> list[tuple[Text, list[Concern]]]:
    """Gather the concerns by their group, each group where it is first mentioned."""
    groups: dict[str, list[Concern]] = {}
    for concern in found:
        groups.setdefault(word(concern.group, FALLBACK), []).append(concern)
    return [(members[0].group, members) for members in groups.values()]


def _asked_office() -> Office | None:
    """Return the office that a homepage begins with, if it names one."""
    wanted = request.args.get("office")
    return g.catalogue.office(wanted) if wanted else None


def _offered(office: Office | None) -> list[Concern]:
    """Return what citizens can book, at this office if one is named."""
    bookable = concerns_online(g.catalogue)
    if office is None:
        return bookable
    g.offices = [office]
    return [concern for concern in bookable if office.id in concern.offices and concern.offices[office.id].online]


def _wish_link(choice: Choice | None, office: Office | None) -> Callable[[Concern], str]:
    """Return what makes the address of the checklist with one more concern, at the same office where that does it."""

    def link(concern: Concern) -> str:
        before, place = (choice.fields, office_with(choice, concern)) if choice else ([], office)
        return url_for(".checklist", concern=[*before, spelled(concern)], office=_slug(place))

    return link


def _slug(office: Office | None) -> str | None:
    return office.slug if office else None
