"""What somebody has chosen so far: concerns with quantities and, when known, the office. Travels in the address."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from flask import g, request

from booking.errors import NotFound
from booking.rules.appointments import Wish
from booking.rules.catalogue import Catalogue, Concern, Form, Office
from booking.rules.orders import Visit, checklist, chosen_concerns, visits
from booking.rules.stretches import longest_visit
from booking.rules.visits import Bring

MOST_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One chosen concern, with its minutes at an office: of the first piece, and of each further one."""

    concern: Concern
    quantity: int
    first: int
    extra: int

    @property
    def minutes(self) -> int:
        """What it adds to the visit, not rounded to the grid."""
        return self.first + self.extra * (self.quantity - 1)

    @property
    def fee(self) -> Decimal | None:
        """What all pieces cost, where that is one number."""
        fee = self.concern.fee
        return None if fee is None or fee.amount is None else fee.amount * self.quantity


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

    @cached_property
    def likely(self) -> Visit:
        """The visit at the chosen office, else at the first."""
        return next((visit for visit in self.visits if visit.office is self.office), self.visits[0])

    @property
    def minutes(self) -> int:
        """How long it takes at the chosen office, else at the first."""
        return self.likely.minutes

    @cached_property
    def lines(self) -> list[Line]:
        """The chosen concerns with what each takes there."""
        here = self.likely.office.id
        return [
            Line(concern, quantity, concern.offices[here].minutes, concern.offices[here].extra_minutes)
            for concern, quantity in self.concerns
        ]

    @property
    def fee(self) -> Decimal | None:
        """What it all costs, where that is one number; free things cost nothing."""
        fees = [line.fee for line in self.lines if line.concern.fee]
        return None if None in fees else sum((fee for fee in fees if fee is not None), Decimal())

    @cached_property
    def longest(self) -> int:
        """The longest visit, in minutes, that any of the offices has time for."""
        return max(longest_visit(self.catalogue, visit) for visit in self.visits)

    @property
    def is_too_long(self) -> bool:
        """Whether no office has so much time on end, on any day."""
        return all(visit.minutes > longest_visit(self.catalogue, visit) for visit in self.visits)

    @property
    def has_several(self) -> bool:
        """Whether more than one person, or piece, is to be seen to."""
        return any(quantity > 1 for _, quantity in self.concerns)

    @property
    def documents(self) -> list[Bring]:
        """The merged checklist."""
        return checklist(self.concerns)

    @property
    def offices(self) -> list[Office]:
        """The offices that serve it: the chosen one first."""
        return sorted((visit.office for visit in self.visits), key=lambda office: office is not self.office)


def spelled(concern: Concern, quantity: int = 1) -> str:
    """Write a wish as the API does: ``personalausweis:2``."""
    return f"{concern.slug}:{quantity}"


def forms(concerns: Iterable[Concern]) -> list[Form]:
    """Return the forms of all concerns, each once."""
    return list({form.url: form for concern in concerns for form in concern.forms}.values())


def read_choice() -> Choice | None:
    """Read the choice of this request, without what its button ``remove`` names; None if nothing is chosen (any more).

    Raises NotFound (concern, office), Invalid (quantity, twice), NotCombinable.
    """
    wishes = [_wish(value) for value in request.values.getlist("concern") if value]
    wishes = [wish for wish in wishes if wish.concern != request.values.get("remove")]
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
    wanted = request.values.get("other_office") or request.values.get("office")  # a button's, before what was chosen
    if wanted:
        office: Office = g.catalogue.office(wanted)
        if all(visit.office is not office for visit in found):
            raise NotFound("office")
        return office
    return found[0].office if len(found) == 1 else None
