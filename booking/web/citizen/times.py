"""The time step: the free times of the chosen office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus

from flask import g, render_template, request
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.find_starts import Availability, OfficeStarts, by_day, find_starts
from booking.errors import Invalid, NotFound
from booking.rules.appointments import Wish
from booking.rules.catalogue import Office
from booking.rules.orders import chosen_concerns, policy_for
from booking.rules.windows import next_release
from booking.web.citizen.contact import ask_for_choice, doubt, show_contact
from booking.web.citizen.days import Days, lay_out, read_day
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import Typed, check, read_typed


@blueprint.post("/<municipality>/time")
def times() -> str | Redirection | tuple[str, int]:
    """Show the free times once the contact is right; a day chosen there comes back here."""
    typed = read_typed()
    if typed is None or typed.choice.office is None:
        return ask_for_choice(typed)
    doubted = doubt(typed)
    try:
        check(typed)
    except Invalid as invalid:
        return show_contact(doubted or typed, invalid.faults), HTTPStatus.UNPROCESSABLE_ENTITY
    if doubted:
        return show_contact(doubted)
    return show_times(typed, wanted=read_day(request.form.getlist("day")))


def show_times(
    typed: Typed, *, wanted: date | None = None, alternatives: Sequence[datetime] = (), problem: str = ""
) -> str:
    """Return the time page, with what was typed in it; ``problem`` says why a chosen time could not be had."""
    if typed.choice.office is None:
        raise NotFound("office")
    g.offices = [typed.choice.office]
    g.language_endpoint = "citizen.times"
    return render_template(
        "citizen/times.html",
        typed=typed,
        choice=typed.choice,
        offer=offer(typed.choice.wishes, typed.choice.office, wanted=wanted),
        alternatives=alternatives,
        problem=problem,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What an office has free; where that is nothing, when further days open and who else has something."""

    office: Office
    days: Days | None
    first: date
    last: date
    opens: datetime
    others: tuple[tuple[Office, datetime], ...]


def offer(wishes: Sequence[Wish], office: Office, *, wanted: date | None) -> Offer:
    """Find the free times of all offices (one kept answer serves them all) and lay out those of one.

    Raises NotFound if the office does not serve the wishes.
    """
    now = clock.now()
    found = find_starts(g.catalogue.slug, wishes, now=now)
    here = next((at for at in found.offices if at.office.id == office.id), None)
    if here is None:
        raise NotFound("office")
    policy = policy_for(here.office, chosen_concerns(found.catalogue, wishes))
    return Offer(
        office=here.office,
        days=lay_out(by_day(here.starts, found.catalogue), wanted),
        first=here.window.first,
        last=here.window.last,
        opens=next_release(policy, now, found.catalogue.zone),
        others=_elsewhere(found, here),
    )


def _elsewhere(found: Availability, here: OfficeStarts) -> tuple[tuple[Office, datetime], ...]:
    return tuple(
        (at.office, datetime.fromtimestamp(at.next, UTC))
        for at in found.offices
        if at is not here and at.next is not None
    )
