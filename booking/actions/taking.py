"""Taking and giving back time: the clerk who serves an appointment and the cells that it owns."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from booking.actions.desks import load_desks, load_of
from booking.actions.locking import reclaim_cells
from booking.errors import ClerkAway, NotCombinable, NotFound, OfficeShut, StartTaken
from booking.models import Appointment as Row
from booking.models import AppointmentClerk
from booking.models.cells import CITIZEN, Owner, free_cells, own_cells, owned_moments
from booking.rules.availability import Desk, can_start, choose_clerk
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Asking
from booking.rules.orders import Visit, policy_for, visit_at
from booking.rules.spans import Span
from booking.rules.stranding import is_shut
from booking.rules.windows import Policy


def visit_of(row: Row, catalogue: Catalogue, office: int, *, staff: bool = False) -> Visit:
    """Return how an office would serve what an appointment is for; StartTaken if it cannot any more."""
    try:
        concerns = [(catalogue.concern(at.concern_id), at.quantity) for at in row.concerns]
        place = catalogue.office(office)
        return visit_at(
            catalogue, catalogue.office(place.slug), concerns, staff=staff
        )  # by name: a closed one is not found
    except (NotFound, NotCombinable):
        raise StartTaken from None


def assign_clerk(row: Row, catalogue: Catalogue, visit: Visit, *, now: datetime, owner: Owner = CITIZEN) -> None:
    """Put a clerk on the row who is free for all of its span, the present one if able; else StartTaken."""
    start, end = span_of(row)
    minutes = int((end - start).total_seconds()) // 60  # its own: the catalogue's may have changed since
    day = start.astimezone(catalogue.zone).date()
    desks = load_desks(catalogue, visit, (day, day), now=now, owner=owner)
    put_clerks(row, visit, _choose(row, visit, desks, minutes))


def put_clerks(row: Row, visit: Visit, chosen: Collection[int]) -> None:
    """Put these clerks (ids) on the row; whoever is on it already stays. Raises StartTaken for one who is not able."""
    able = {clerk.id: clerk for clerk in visit.clerks}
    kept = [at for at in row.clerks if at.clerk_id in chosen]
    added = sorted(set(chosen) - {at.clerk_id for at in kept})
    if not able.keys() >= set(added):
        raise StartTaken
    row.clerks = kept + [AppointmentClerk(clerk_id=key, after_minutes=able[key].after_minutes) for key in added]


def check_there(row: Row, catalogue: Catalogue, clerks: Iterable[int]) -> None:
    """Raise OfficeShut or ClerkAway if there is a closure, or one of these clerks (ids) is absent, in a row's span.

    What no reason overcomes here is what strands an extra time (``rules.stranding``): nothing is stranded from birth.
    """
    taken = Span(*span_of(row))
    if is_shut(catalogue.timetable, row.office_id, taken):
        raise OfficeShut
    if any(is_away(catalogue, clerk, taken) for clerk in clerks):
        raise ClerkAway


def is_away(catalogue: Catalogue, clerk: int, taken: Span) -> bool:
    """Whether a clerk (id) is absent in a part of a span."""
    return any(away.overlaps(taken) for away in catalogue.absences.get(clerk, ()))


def _choose(row: Row, visit: Visit, desks: list[Desk], minutes: int) -> list[int]:
    """Choose as many clerks as the row has (one, if it is new), the present ones where they are able and free."""
    start, _ = span_of(row)
    present = {at.clerk_id for at in row.clerks}
    chosen = [desk.clerk for desk in desks if desk.clerk in present and can_start(desk, start, minutes)]
    rest, load = visit.policy.useful_rest_minutes, load_of(desks)
    while len(chosen) < max(1, len(present)):
        left = [desk for desk in desks if desk.clerk not in chosen]
        found = choose_clerk(left, start, minutes, useful_rest_minutes=rest, load=load)
        if found is None:
            raise StartTaken
        chosen.append(found)
    return chosen


def seize(row: Row, catalogue: Catalogue, now: datetime) -> None:
    """Give a stored row the cells of its span and of the minutes after; StartTaken if somebody has one of them.

    Whose time to confirm is over loses them: rare enough to be looked at only when a cell turns out to be owned.
    """
    for clerk in row.clerks:
        moments = moments_with(row, clerk)
        if not own_cells(row.id, clerk.clerk_id, moments):
            reclaim_cells(catalogue, clerk.clerk_id, moments, now=now)
            if not own_cells(row.id, clerk.clerk_id, moments):
                free_cells([row.id])  # not half of it: the caller may go on and commit
                raise StartTaken


def release(row: Row, *, held_until: datetime | None = None) -> None:
    """Take a row's cells from it; with ``held_until`` citizens do not see the freed time before then."""
    free_cells([row.id], held_until=held_until)


def owns_its_time(row: Row) -> bool:
    """Whether the row owns every cell of its span, with every clerk on it."""
    owned = owned_moments(row.id)
    return bool(row.clerks) and all(
        frozenset(moments_with(row, clerk)) <= owned.get(clerk.clerk_id, frozenset()) for clerk in row.clerks
    )


def policy_of(row: Row, catalogue: Catalogue) -> Policy:
    """Return the policy of a row's office with the overrides of what it is for."""
    concerns = [(catalogue.concern(at.concern_id), at.quantity) for at in row.concerns]
    return policy_for(catalogue.office(row.office_id), concerns)


def asking_of(row: Row) -> Asking:
    """Return what the time to confirm a row depends on."""
    start, _ = span_of(row)
    return Asking(start, row.created_at, row.extended)


def moments_with(row: Row, clerk: AppointmentClerk) -> range:
    """Return the moments that a row owns with this clerk: its span and the minutes after it."""
    start, end = span_of(row)
    return Span(start, end + timedelta(minutes=clerk.after_minutes)).moments()


def span_of(row: Row) -> tuple[datetime, datetime]:
    """Return a row's start and end; a walk-in has neither and takes no time."""
    if row.start is None or row.end is None:
        raise StartTaken
    return row.start, row.end
