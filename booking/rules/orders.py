"""Whether an order fits the catalogue: which concerns, how many, where, how long; every faulty field is named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from booking.errors import Fault, Invalid, NotCombinable, NotFound
from booking.rules.appointments import Appointment, Wish
from booking.rules.catalogue import Catalogue, Clerk, Concern, Offered, Office
from booking.rules.spans import GRID_SECONDS
from booking.rules.texts import Text
from booking.rules.visits import Bring, able_clerks, merged_checklist, minutes_of_visit
from booking.rules.windows import Policy


@dataclass(frozen=True, slots=True)
class Visit:
    """A choice of concerns that one office can serve in one go."""

    office: Office
    concerns: tuple[tuple[Concern, int], ...]
    minutes: int
    clerks: tuple[Clerk, ...]
    policy: Policy

    @property
    def concern_ids(self) -> frozenset[int]:
        """The chosen concerns."""
        return frozenset(concern.id for concern, _ in self.concerns)


def chosen_concerns(catalogue: Catalogue, wishes: Sequence[Wish]) -> tuple[tuple[Concern, int], ...]:
    """Return the concerns and quantities wished for; NotFound for an unknown one, Invalid for a bad quantity."""
    if not wishes:
        raise Invalid(Fault("/concerns", "required"))
    chosen: dict[str, tuple[Concern, int]] = {}
    for place, wish in enumerate(wishes):
        concern = catalogue.concern(wish.concern)
        if wish.concern in chosen:
            raise Invalid(Fault(f"/concerns/{place}/id", "twice"))
        if not 1 <= wish.quantity <= concern.max_quantity:
            raise Invalid(Fault(f"/concerns/{place}/quantity", "quantity", {"max": concern.max_quantity}))
        chosen[wish.concern] = (concern, wish.quantity)
    return tuple(chosen.values())


def visit_at(
    catalogue: Catalogue, office: Office, concerns: Sequence[tuple[Concern, int]], *, staff: bool = False
) -> Visit:
    """Say how an office serves these concerns; NotFound where it lacks one of them, NotCombinable if nobody can."""
    minutes = minutes_at(office, concerns, staff=staff)
    here = {block.clerk for block in catalogue.blocks if block.office == office.id}
    clerks = {clerk.id: clerk for clerk in catalogue.clerks if clerk.id in here}
    able = able_clerks({key: clerk.concerns for key, clerk in clerks.items()}, [concern.id for concern, _ in concerns])
    return Visit(office, tuple(concerns), minutes, tuple(clerks[key] for key in able), policy_for(office, concerns))


def minutes_at(office: Office, concerns: Sequence[tuple[Concern, int]], *, staff: bool = False) -> int:
    """Return how long these concerns take together at an office; NotFound where it does not offer one of them."""
    offered = [(_offered(office, concern, staff=staff), quantity) for concern, quantity in concerns]
    return minutes_of_visit([(at.minutes, at.extra_minutes, quantity) for at, quantity in offered])


def visits(catalogue: Catalogue, concerns: Sequence[tuple[Concern, int]], *, staff: bool = False) -> list[Visit]:
    """Return the visit at every office that can serve these concerns together; NotCombinable where none can."""
    found: list[Visit] = []
    for office in catalogue.open_offices:
        try:
            found.append(visit_at(catalogue, office, concerns, staff=staff))
        except (NotFound, NotCombinable):
            continue
    if not found:
        raise NotCombinable
    return found


def policy_for(office: Office, concerns: Sequence[tuple[Concern, int]]) -> Policy:
    """Return the office's policy with the chosen concerns' overrides: the nearest horizon, the longest lead time."""
    horizons = [concern.horizon_days for concern, _ in concerns if concern.horizon_days is not None]
    leads = [concern.lead_minutes for concern, _ in concerns if concern.lead_minutes is not None]
    return replace(
        office.policy,
        horizon_days=min(horizons, default=office.policy.horizon_days),
        lead_minutes=max(leads, default=office.policy.lead_minutes),
    )


def policy_of_booked(appointment: Appointment) -> Policy:
    """Return the policy of an appointment's office with the overrides of what it is for."""
    concerns = [(appointment.catalogue.concern(at.id), at.quantity) for at in appointment.concerns]
    return policy_for(appointment.office, concerns)


def checklist(concerns: Sequence[tuple[Concern, int]]) -> list[Bring]:
    """Return what to bring for all of it."""
    return merged_checklist((concern.documents, quantity) for concern, quantity in concerns)


def check_start(start: datetime) -> None:
    """Refuse a start that no clerk's grid knows."""
    if start.timestamp() % GRID_SECONDS:
        raise Invalid(Fault("/start", "off-grid"))


def question_key(concern: Concern, question: str) -> str:
    """Return the name under which a concern's question is asked and answered: ``concern.question``."""
    return f"{concern.slug}.{question}"


def check_answers(
    concerns: Sequence[tuple[Concern, int]], answers: Mapping[str, str], *, may_miss: bool = False
) -> None:
    """Refuse missing, unknown and overlong answers; keys are those of ``question_key``. Staff may leave some out."""
    asked = {question_key(concern, asked.id): asked for concern, _ in concerns for asked in concern.questions}
    faults = [Fault(f"/answers/{key}", "unknown-question") for key in answers if key not in asked]
    for key, question in asked.items():
        text = answers.get(key, "").strip()
        if question.required and not text and not may_miss:
            faults.append(Fault(f"/answers/{key}", "required"))
        if len(text) > question.max_length:
            faults.append(Fault(f"/answers/{key}", "too-long", {"max": question.max_length}))
    if faults:
        raise Invalid(*faults)


def _offered(office: Office, concern: Concern, *, staff: bool) -> Offered:
    at = concern.offices.get(office.id)
    if at is None or not concern.active or not (at.staff if staff else at.online):
        raise NotFound("concern")
    return at


def units(concerns: Iterable[Concern]) -> dict[str, Text]:
    """Return for each document needed per person or piece: of what, where all its concerns count the same."""
    counted: dict[str, list[Text]] = {}
    for concern in concerns:
        for item in concern.documents:
            if item.per_unit:
                counted.setdefault(item.id, []).append(concern.unit)
    return {key: several[0] for key, several in counted.items() if all(unit == several[0] for unit in several)}
