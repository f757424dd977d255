"""What holding a time and booking by staff have in common: what is locked, who serves it, what speaks against it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from booking.actions.catalogues import catalogue_by_id, catalogue_of
from booking.actions.locking import lock_offices
from booking.actions.taking import assign_clerk, check_there
from booking.actions.transaction import Rerun
from booking.errors import NotFound, OutsideWindow, StartTaken
from booking.models import Appointment as Row
from booking.models import AppointmentClerk
from booking.models.cells import Owner
from booking.models.holds import Held, hold_of
from booking.rules.appointments import Order
from booking.rules.catalogue import Catalogue
from booking.rules.cautions import Caution
from booking.rules.orders import Visit, check_start, chosen_concerns, visit_at
from booking.rules.roles import Actor
from booking.rules.windows import FARTHEST, staff_window


@dataclass(frozen=True, slots=True)
class Scene:
    """What an order of staff meets under the lock: ``former`` is what the login held until now."""

    order: Order
    catalogue: Catalogue
    visit: Visit
    former: Held | None
    now: datetime
    cautions: list[Caution] = field(default_factory=list)


def enter_scene(order: Order, by: Actor, now: datetime) -> Scene:
    """Lock the office, and that of the time which the login holds; say how the office serves the order.

    Raises NotFound (also for an office out of the actor's reach), Invalid, NotCombinable.
    """
    check_start(order.start)
    catalogue = catalogue_of(order.municipality)
    office = catalogue.office(order.office)
    if not by.reaches(catalogue.id, office.id):
        raise NotFound("office")
    catalogue, locked = _lock(catalogue, office.id, hold_of(by.login))
    former = hold_of(by.login)
    if former and former.office not in locked:
        raise Rerun  # the same login in another window: what it holds by now is elsewhere
    visit = visit_at(catalogue, catalogue.office(order.office), chosen_concerns(catalogue, order.wishes), staff=True)
    return Scene(order, catalogue, visit, former, now)


def _lock(catalogue: Catalogue, office: int, former: Held | None) -> tuple[Catalogue, frozenset[int]]:
    """Return the catalogue under the lock, and the offices whose whole neighbourhoods are locked.

    What a login holds in one of them nobody changes before the commit: whoever does locks its office first.
    """
    offices = {catalogue.id: [office]}
    if former:
        offices.setdefault(former.municipality, []).append(former.office)
    for municipality in sorted(offices):  # by two orders at once a deadlock stays possible: the database ends it
        fresh = lock_offices(catalogue_by_id(municipality), offices[municipality])
        catalogue = fresh if municipality == catalogue.id else catalogue
    return catalogue, frozenset(place for places in offices.values() for place in places)


def place(row: Row, scene: Scene, clerk: str = "") -> list[Caution]:
    """Put a clerk on a row: one who is free within blocks, or the one named (a slug), whose cells decide later.

    Returns what speaks against it. Raises NotFound for an unable clerk, ClerkAway, OfficeShut, OutsideWindow (also for
    more than a year ahead, whatever the reason), StartTaken.
    """
    catalogue, visit = scene.catalogue, _narrowed(scene.visit, clerk)
    cautions = []
    window = staff_window(visit.policy, scene.now, catalogue.zone)
    if not window.admits(scene.order.start, catalogue.zone):
        is_over = row.end is not None and row.end <= scene.now
        if is_over or scene.order.start > scene.now + FARTHEST:
            raise OutsideWindow
        cautions.append(Caution.OUTSIDE_WINDOW)
    row.outside_blocks = False
    owner = Owner(staff=True, takes_held=True, mover=row.id)
    try:
        assign_clerk(row, catalogue, visit, now=scene.now, owner=owner)
    except StartTaken:
        if not clerk:
            raise
        named = visit.clerks[0]
        check_there(row, catalogue, [named.id])
        row.clerks = [AppointmentClerk(clerk_id=named.id, after_minutes=named.after_minutes)]
        row.outside_blocks = True
        cautions.append(Caution.OUTSIDE_BLOCKS)
    return cautions


def _narrowed(visit: Visit, clerk: str) -> Visit:
    if not clerk:
        return visit
    named = tuple(each for each in visit.clerks if each.slug == clerk)
    if not named:
        raise NotFound("clerk")
    return replace(visit, clerks=named)
