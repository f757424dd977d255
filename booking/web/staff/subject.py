"""Which appointment a page is about: named in the address at the desk, by a sealed find on the phone.

Phone staff must not walk through references: what they found travels as a handle that only their own login opens, for
half an hour. It holds no personal data, so it may stand in an address; it is no secret of the citizen either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import g, request, url_for
from itsdangerous import BadData

from booking import clock
from booking.actions.browse import open_catalogue
from booking.actions.see_appointment import Record, see_appointment
from booking.errors import NotFound
from booking.rules import roles
from booking.rules.roles import Actor
from booking.web.staff.door import actor, actor_at, blueprint
from booking.web.staff.origins import inside
from booking.web.staff.places import Place
from booking.web.staff.sealed import serializer
from booking.web.staff.users import staff

LIFETIME = 30 * 60  # seconds
SALT = "found-by-staff"


@dataclass(frozen=True, slots=True)
class Subject:
    """An appointment as somebody came to it: ``base`` is its page's path."""

    by: Actor
    reference: str
    base: str

    @property
    def is_full(self) -> bool:
        """Whether everything may be seen, or only what a caller needs."""
        return self.by.role in roles.DAY


def subject_at(place: Place, reference: str) -> Subject:
    """Return the appointment of an office's address."""
    return Subject(actor(), reference, url_for("staff.show_appointment", place=place, reference=reference))


def subject_found(handle: str) -> Subject:
    """Return the appointment that this login has found. Raises NotFound."""
    try:
        login, town, office, reference = serializer(SALT).loads(handle, max_age=LIFETIME)
    except (BadData, ValueError):
        raise NotFound("find") from None
    if login != staff().login:
        raise NotFound("find")
    by = actor_at(town, roles.BOOKERS, office)
    g.catalogue = open_catalogue(town)
    return Subject(by, reference, url_for("staff.show_found", handle=handle))


def handle_of(town: str, office: int, reference: str) -> str:
    """Return what opens a find to the login that found it."""
    return str(serializer(SALT).dumps([staff().login, town, office, reference]))


@blueprint.app_template_global("told_record")
def told_record(told: Sequence[str]) -> Record | None:
    """Return what was just done, as the address tells it (word, place, reference, step), if it may be seen there."""
    town, _, office = told[1].partition(".")
    try:
        catalogue = open_catalogue(town)
        by = actor_at(town, roles.DAY, catalogue.office(office).id)
        found = see_appointment(by, told[2], now=clock.now())
    except NotFound:
        return None
    return replace(found, start=found.start and found.start.astimezone(catalogue.zone))


def way_back(default: str) -> str:
    """Return where to go after a step: where the form says that one came from, if that is a page of ours."""
    return inside(request.form.get("back", "")) or default


def day_of(place: str, moment: datetime | None) -> str:
    """Return the path of the day schedule of an office on the local day of a moment."""
    office: Any = f"{url_for('staff.home')}{place}/"
    return f"{office}day/{moment.astimezone(g.catalogue.zone).date()}" if moment else str(office)
