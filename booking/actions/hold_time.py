"""Hold a time for whoever is on the phone, and free it: one hold per login, over by itself after three minutes."""

from dataclasses import dataclass
from datetime import datetime

from booking.actions.book import new_row
from booking.actions.catalogues import catalogue_by_id
from booking.actions.find_for_phone import nearest_for_order
from booking.actions.locking import lock_offices
from booking.actions.presenting import present
from booking.actions.staff_order import enter_scene, place
from booking.actions.taking import seize
from booking.actions.transaction import Rerun, reads, writes
from booking.errors import StartTaken
from booking.models.holds import delete_holds, hold_of, keep_hold, lapse
from booking.models.storing import store
from booking.rules.appointments import Appointment, Order
from booking.rules.cautions import Caution
from booking.rules.lifecycle import HOLDING
from booking.rules.roles import Actor


@dataclass(frozen=True, slots=True)
class HeldTime:
    """A held time as a pending appointment without a person, and what will need a reason when it is booked."""

    appointment: Appointment
    cautions: tuple[Caution, ...]


def hold_time(order: Order, *, by: Actor, clerk: str = "", now: datetime) -> HeldTime:
    """Hold a start for three minutes; what the login held before is freed with it.

    Of the order counts what and when, not who. With ``clerk`` (a slug) it may lie outside that clerk's blocks. Raises
    NotFound, Invalid, NotCombinable, OutsideWindow, ClerkAway, OfficeShut, StartTaken (with the nearest free starts),
    Unavailable.
    """
    try:
        return _hold(order, by, clerk, now)
    except StartTaken:
        raise StartTaken(nearest_for_order(order, now=now)) from None


@writes
def _hold(order: Order, by: Actor, clerk: str, now: datetime) -> HeldTime:
    scene = enter_scene(order, by, now)
    if scene.former:
        delete_holds([scene.former.appointment])
    row = new_row(order, scene.catalogue, scene.visit, now)
    row.name = row.email = row.phone = ""
    row.answers = []
    row.confirm_by = now + HOLDING
    cautions = place(row, scene, clerk)
    store(row)
    seize(row, scene.catalogue, now)
    keep_hold(by.login, row.id)
    return HeldTime(present(row, scene.catalogue), tuple(cautions))


@reads
def lapse_of(login: int, *, now: datetime) -> datetime | None:
    """Return when what a login holds lapses; None if it holds nothing any more. Raises Unavailable."""
    until = lapse(login)
    return until if until is not None and until > now else None


@writes
def free_hold(login: int) -> bool:
    """Free what a login (its id) holds; return whether there was anything. Raises Unavailable."""
    former = hold_of(login)
    if former is None:
        return False
    lock_offices(catalogue_by_id(former.municipality), [former.office])
    held = hold_of(login)
    if held is None:
        return False  # swept, booked or freed while we waited
    if held.office != former.office:
        raise Rerun
    delete_holds([held.appointment])
    return True
