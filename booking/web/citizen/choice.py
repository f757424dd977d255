"""What somebody has chosen so far: concerns with quantities and, when known, the office. Travels in the address."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from flask import g, request

from booking.errors import NotFound
from booking.rules.appointments import Wish
from booking.rules.catalogue import Catalogue, Concern, Form, Office
from booking.rules.orders import Visit, checklist, chosen_concerns, visits
from booking.rules.visits import Bring

MOST_DIGITS = 2


@dataclass(frozen=True)
class Choice:
    """A choice that at least one office serves in one visit; ``office`` once it is chosen or the only one."""

    catalogue: Catalogue
    concerns: tuple[tuple[Concern, int], ...]
    visits: tuple[Visit, ...]
    office: Office | None

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """The choice as an order's wishes."""
        return tuple(Wish(concern.slug, quantity) for concern, quantity in self.concerns)

    @property
    def fields(self) -> list[str]:
        """The values of the form field and query parameter ``concern``."""
        return [spelled(concern, quantity) for concern, quantity in self.concerns]

    @cached_property
    def visit(self) -> Visit:
        """The visit at the chosen office; NotFound if none is chosen or it does not serve this."""
        for visit in self.visits:
            if visit.office is self.office:
                return visit
        raise NotFound("office")

    @property
    def minutes(self) -> int:
        """How long it takes at the chosen office, else at the first."""
        return next((visit.minutes for visit in self.visits if visit.office is self.office), self.visits[0].minutes)

    @property
    def documents(self) -> list[Bring]:
        """The merged checklist."""
        return checklist(self.concerns)

    @property
    def offices(self) -> list[Office]:
        """The offices that serve it: the chosen one first."""
        return sorted((visit.office for visit in self.visits), key=lambda office: office is not self.office)

    def without(self, concern: Concern) -> list[str]:
        """The values of ``concern`` when one is taken out."""
        return [spelled(other, quantity) for other, quantity in self.concerns if other is not concern]


def spelled(concern: Concern, quantity: int = 1) -> str:
    """Write a wish as the API does: ``personalausweis:2``."""
    return f"{concern.slug}:{quantity}"


def forms(concerns: Iterable[Concern]) -> list[Form]:
    """Return the forms of all concerns, each once."""
    return list({form.url: form for concern in concerns for form in concern.forms}.values())


def read_choice() -> Choice | None:
    """Read the choice of this request; None if nothing is chosen yet.

    Raises NotFound (concern, office), Invalid (quantity, twice), NotCombinable.
    """
    wishes = [_wish(value) for value in request.values.getlist("concern") if value]
    if not wishes:
        return None
    concerns = chosen_concerns(g.catalogue, wishes)
    found = tuple(visits(g.catalogue, concerns))
    return Choice(g.catalogue, concerns, found, _office(found))


def concerns_online(catalogue: Catalogue) -> list[Concern]:
    """Return what citizens can book at any open office."""
    offices = {office.id for office in catalogue.open_offices}
    return [concern for concern in catalogue.open_concerns if _is_online(concern, offices)]


def _is_online(concern: Concern, offices: Iterable[int]) -> bool:
    return any(at.online for office, at in concern.offices.items() if office in offices)


def _wish(value: str) -> Wish:
    slug, _, quantity = value.partition(":")
    if quantity and not (quantity.isascii() and quantity.isdigit() and len(quantity) <= MOST_DIGITS):
        return Wish(slug, 0)  # refused with how many there may be of it
    return Wish(slug, int(quantity or 1))


def _office(found: tuple[Visit, ...]) -> Office | None:
    wanted = request.values.get("office")
    if wanted:
        office: Office = g.catalogue.office(wanted)
        if all(visit.office is not office for visit in found):
            raise NotFound("office")
        return office
    return found[0].office if len(found) == 1 else None
