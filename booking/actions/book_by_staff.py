"""Book by staff: while somebody is on the phone or at the counter, confirmed at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from booking.actions.audit import record
from booking.actions.book import answer_rows, new_row
from booking.actions.find_for_phone import nearest_for_order
from booking.actions.find_for_staff import count_as_vain
from booking.actions.keys import contact_hash
from booking.actions.letters import post
from booking.actions.presenting import present
from booking.actions.replays import Kept, answered, remember
from booking.actions.same_person import is_booked
from booking.actions.staff_order import Scene, enter_scene, place
from booking.actions.taking import seize
from booking.actions.tally import note
from booking.actions.transaction import writes
from booking.errors import Fault, Invalid, NeedsReason, StartTaken
from booking.extensions import db
from booking.metrics import Outcome
from booking.models import Appointment as Row
from booking.models import Kind, Replay
from booking.models.cells import free_cells
from booking.models.holds import delete_holds, end_hold
from booking.models.storing import store
from booking.rules.appointments import Appointment, Order
from booking.rules.cautions import Caution, check_reasons
from booking.rules.lifecycle import Status, Verb, after
from booking.rules.orders import check_answers
from booking.rules.roles import Actor
from booking.rules.texts import nearest_language

ROUTE = "book-by-staff"


@dataclass(frozen=True, slots=True)
class Insisting:
    """What staff insist on: a clerk (a slug) also outside blocks, and a reason (a code) for each caution."""

    clerk: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


def book_by_staff(order: Order, *, by: Actor, insisting: Insisting, now: datetime) -> Appointment:
    """Book a start for somebody, out of the login's hold if that is this start; the same key again, the same answer.

    The address is unproven: its first letter is bare (``Appointment.is_bare``). Raises NotFound, Invalid,
    NotCombinable, OutsideWindow, ClerkAway, OfficeShut, NeedsReason (with the cautions), StartTaken (with the nearest
    free starts), KeyReused, Unavailable; SearchedTooOften instead of NeedsReason, which counts as a search in vain:
    it tells whether somebody is known, and nothing is booked.
    """
    if not (order.email or order.phone):
        raise Invalid(Fault("/phone", "phone-or-email"))
    try:
        return _book(order, by, insisting, now)
    except StartTaken:
        raise StartTaken(nearest_for_order(order, now=now)) from None
    except NeedsReason:
        count_as_vain(by, now=now)  # whoever they asked for: both answers cost the same
        raise


@writes
def _book(order: Order, by: Actor, insisting: Insisting, now: datetime) -> Appointment:
    scene = enter_scene(order, by, now)
    kept = db.session.get(Replay, (scene.catalogue.id, ROUTE, order.key))
    if kept and (known := answered(Kept(kept.body, kept.appointment_id), order.body, scene.catalogue)) is not None:
        return known
    check_answers(scene.visit.concerns, order.answers, may_miss=True)
    row, cautions = _placed(scene, by, insisting.clerk)
    if is_booked(order, scene.visit, scene.catalogue, by=by, now=now):
        cautions.append(Caution.ALREADY_BOOKED)
    _settle(row, scene)  # first: a time that is taken is refused alike, whether or not somebody is known
    reasons = check_reasons(cautions, insisting.reasons)
    record(by, "book", row, now=now, channel=row.channel, reasons=dict(reasons))
    post(row, scene.catalogue, Kind.CONFIRMED, now=now)
    note(Outcome.BOOKED, row.channel)
    note(Outcome.CONFIRMED, row.channel)
    remember(row, ROUTE, order.key, order.body, now=now)
    return present(row, scene.catalogue)


def _placed(scene: Scene, by: Actor, clerk: str) -> tuple[Row, list[Caution]]:
    """Return the held row, with its reference, if it is what is booked now; else a new one instead of it."""
    row = _held_row(scene)
    if row is not None:
        end_hold(by.login)
        return row, place(row, scene, clerk)
    if scene.former:
        delete_holds([scene.former.appointment])
    row = new_row(scene.order, scene.catalogue, scene.visit, scene.now)
    return row, place(row, scene, clerk)


def _held_row(scene: Scene) -> Row | None:
    """Return what is held, also past its time: nobody has swept it, so its cells are still its own."""
    if scene.former is None:
        return None
    row = db.session.get(Row, scene.former.appointment, populate_existing=True)
    wanted = [(concern.id, quantity) for concern, quantity in scene.visit.concerns]
    if row is None or (row.office_id, row.start) != (scene.visit.office.id, scene.order.start):
        return None
    return row if [(at.concern_id, at.quantity) for at in row.concerns] == wanted else None


def _settle(row: Row, scene: Scene) -> None:
    """Make the row firm and somebody's; nothing asks for confirmation, and no quota counts what staff enter."""
    order, now = scene.order, scene.now
    row.status = after(Status.PENDING, Verb.CONFIRM).value
    row.channel, row.confirm_by, row.confirmed_at, row.changed_at = order.channel, None, now, now
    row.name, row.email, row.phone = order.name, order.email, order.phone
    row.contact = contact_hash(order.email, now) if order.email else None  # a lost link is found by it
    row.language = nearest_language(order.language, scene.catalogue.languages)
    if row not in db.session:
        store(row)
    else:
        row.answers = answer_rows(scene.visit, order.answers)
        free_cells([row.id])  # the clerk may be another one by now
        db.session.flush()
    seize(row, scene.catalogue, now)
