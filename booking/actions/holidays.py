"""The holidays of a municipality: those of its state by law, less what it works on, with what it adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from booking.actions.transaction import reads
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Municipality
from booking.models.reading import statutory_holidays
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday by law: its German name (its key), its next date, and whether people are served all the same."""

    name: str
    day: date
    is_worked: bool


@reads
def holidays_of(by: Actor, *, now: datetime) -> Sequence[Holiday]:
    """Return each holiday of the state once, by its next date. Raises NotFound."""
    town = db.session.get(Municipality, by.municipality)
    if town is None:
        raise NotFound("municipality")
    facts = town.holidays
    worked = set(facts.get("remove", ()))
    upcoming = _next_dates(facts.get("country", "DE"), facts.get("state", ""), now.astimezone(ZoneInfo(town.timezone)))
    return [
        Holiday(name, day, bool({name, str(day), f"{day:%m-%d}"} & worked))
        for name, day in sorted(upcoming.items(), key=lambda item: item[1])
    ]


def _next_dates(country: str, state: str, local: datetime) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for day, name in sorted(statutory_holidays(country, state).items()):
        if local.date() <= day <= local.date().replace(year=local.year + 1, day=28):
            found.setdefault(name["de"], day)
    return found
