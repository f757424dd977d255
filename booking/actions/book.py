"""Book: a time becomes somebody's, unconfirmed, and the letter that asks for confirmation is written with it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from booking.actions.find_starts import nearest_to
from booking.actions.guard import note_booking
from booking.actions.letters import letter_values, mail_domain, may_write_to, post
from booking.actions.locking import lock_municipality
from booking.actions.presenting import present
from booking.actions.proofs import challenge, use_proof
from booking.actions.replays import answered, remember, replay_values
from booking.actions.snapshots import concern_rows
from booking.actions.standing import Standing, find_standing
from booking.actions.taking import assign_clerk, seize
from booking.actions.tally import note, note_guard
from booking.actions.transaction import writes
from booking.errors import OutsideWindow, ProofRequired, RateLimited, StartTaken
from booking.metrics import Guard, Outcome
from booking.models import Answer, Kind, Letter, Replay
from booking.models import Appointment as Row
from booking.models.storing import store
from booking.rules.appointments import Appointment, Order
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Asking, Status, confirm_by
from booking.rules.limits import Full, full_limit
from booking.rules.orders import Visit, check_answers, check_start, chosen_concerns, question_key, visit_at
from booking.rules.secrets import new_reference
from booking.rules.texts import nearest_language
from booking.rules.windows import booking_window

ROUTE = "book"
GUARDS = {
    Kind.BY_PHONE: Guard.BLOCKED,
    Kind.TOO_MANY: Guard.CONTACT_LIMIT,
    Kind.ADDRESS_FIRST: Guard.ADDRESS_FIRST,
}
NETWORK_RETRY_SECONDS = 600


def book(order: Order, *, now: datetime) -> Appointment:
    """Book a start and return the pending appointment; the same key and body again return the same appointment.

    Raises NotFound, Invalid, NotCombinable, OutsideWindow, StartTaken (with the nearest free starts), RateLimited,
    ProofRequired (with a challenge), KeyReused, Unavailable.
    """
    try:
        return _book(order, now)
    except StartTaken:
        nearest = nearest_to(order.municipality, order.wishes, order.office, start=order.start, now=now)
        raise StartTaken(nearest) from None
    except ProofRequired:
        raise ProofRequired(challenge(order.municipality, order.office, now=now)) from None


@writes
def _book(order: Order, now: datetime) -> Appointment:
    locked = lock_municipality(order.municipality, order.office)
    standing = find_standing(order, ROUTE, office=locked.office, now=now)
    catalogue = locked.catalogue(standing.revision)
    if standing.replay and (known := answered(standing.replay, order.body, catalogue)) is not None:
        return known
    visit = _check(order, catalogue, now)
    row = new_row(order, catalogue, visit, now)
    row.contact, row.network = standing.hashes
    declined = _reason_to_decline(order, standing, visit, now)
    assign_clerk(row, catalogue, visit, now=now)
    if declined:
        return _decline_by_letter(row, order, catalogue, now=now, kind=declined)
    note_booking(row.office_id, visit.policy.proof_above, until=standing.guarded_until, now=now)
    letter = (Letter, letter_values(row, catalogue, Kind.VERIFY, now=now))
    store(row, letter, (Replay, replay_values(row, ROUTE, order.key, order.body, now=now)))
    seize(row, catalogue, now)
    note(Outcome.BOOKED, row.channel)
    return present(row, catalogue)


def _reason_to_decline(order: Order, standing: Standing, visit: Visit, now: datetime) -> Kind | None:
    """Return the letter that has to do instead of a booking, None if nothing speaks against it.

    Raises RateLimited; and ProofRequired in abuse mode, unless the address is to be proven first.
    """
    limit = full_limit(visit.policy, open_of_contact=standing.of_contact, open_of_network=standing.of_network)
    if limit is Full.NETWORK:
        raise RateLimited(NETWORK_RETRY_SECONDS)
    is_guarded = visit.policy.proof_above == 0 or standing.is_guarded
    if is_guarded and not order.by_letter:
        use_proof(order.proof, order.municipality, order.office, now=now)
        note_guard(Guard.PROOF_SOLVED)
    if standing.is_blocked:
        return Kind.BY_PHONE
    if limit is Full.CONTACT:
        return Kind.TOO_MANY
    return Kind.ADDRESS_FIRST if is_guarded and order.by_letter else None


def _check(order: Order, catalogue: Catalogue, now: datetime) -> Visit:
    concerns = chosen_concerns(catalogue, order.wishes)
    check_start(order.start)
    check_answers(concerns, order.answers)
    visit = visit_at(catalogue, catalogue.office(order.office), concerns)
    if not booking_window(visit.policy, now, catalogue.zone, grace=True).admits(order.start, catalogue.zone):
        raise OutsideWindow
    return visit


def new_row(order: Order, catalogue: Catalogue, visit: Visit, now: datetime) -> Row:
    """Return the row of an order, pending, neither stored nor given a clerk."""
    row = Row(
        municipality_id=catalogue.id,
        office_id=visit.office.id,
        reference=new_reference(),
        uid=f"{uuid.uuid4()}@{mail_domain(catalogue)}",
        status=Status.PENDING.value,
        channel=order.channel,
        language=nearest_language(order.language, catalogue.languages),
        start=order.start,
        end=order.start + timedelta(minutes=visit.minutes),
        name=order.name,
        email=order.email,
        phone=order.phone,
        created_at=now,
        changed_at=now,
        confirm_by=confirm_by(visit.policy, Asking(order.start, now)),
        generation=0,
        sequence=0,
        wrong_codes=0,
        extended=False,
        address_proven=False,
    )
    row.concerns = concern_rows(visit)
    row.answers = answer_rows(visit, order.answers)
    return row


def answer_rows(visit: Visit, answers: Mapping[str, str]) -> list[Answer]:
    """Return the answers to a visit's questions, each with the question as it was asked."""
    asked = {question_key(concern, asked.id): asked for concern, _ in visit.concerns for asked in concern.questions}
    return [
        Answer(question=key, label=dict(asked[key].label), text=text.strip())
        for key, text in answers.items()
        if text.strip()
    ]


def _decline_by_letter(row: Row, order: Order, catalogue: Catalogue, *, now: datetime, kind: Kind) -> Appointment:
    """An address has too many unconfirmed bookings, or is blocked: only its owner is told; whoever typed it is not.

    The appointment is written as already lapsed: it owns no time, and the letter's link can still confirm it.
    """
    row.status = Status.EXPIRED.value
    store(row)
    note(Outcome.DECLINED, row.channel)
    note_guard(GUARDS[kind])
    if may_write_to(row, now):
        post(row, catalogue, kind, now=now)
    remember(row, ROUTE, order.key, order.body, now=now)
    return present(row, catalogue)
