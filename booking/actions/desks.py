"""What the clerks who can serve a visit have free: the one loading that offers and decides."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from booking.models.cells import CITIZEN, Owner, taken_words
from booking.rules.availability import Desk
from booking.rules.blocks import MIDNIGHT, BlockKind, Choice, instant_at, open_cells
from booking.rules.catalogue import Catalogue
from booking.rules.orders import Visit

ONLINE = frozenset({BlockKind.ONLINE})
STAFF = frozenset({BlockKind.ONLINE, BlockKind.STAFF})
SPILL = timedelta(hours=2)  # the minutes after an appointment may reach past midnight or a block's end


def load_desks(
    catalogue: Catalogue, visit: Visit, days: tuple[date, date], *, now: datetime, owner: Owner = CITIZEN
) -> list[Desk]:
    """Load the able clerks' open hours and taken cells from the first day to the last, both included."""
    between = day_range(catalogue, days)
    delayed = owner._replace(delay=visit.policy.release_delay)
    taken = taken_words([clerk.id for clerk in visit.clerks], between, now=now, owner=delayed)
    choice = Choice(visit.office.id, visit.concern_ids, STAFF if owner.staff else ONLINE)
    return [
        Desk(
            clerk=clerk.id,
            after_minutes=clerk.after_minutes,
            open=open_cells(catalogue.timetable, clerk.id, choice=choice, days=days),
            words=taken[clerk.id],
        )
        for clerk in visit.clerks
    ]


def day_bounds(catalogue: Catalogue, day: date) -> tuple[datetime, datetime]:
    """Return the instants at which a local day begins and ends."""
    first, next_day = (datetime.combine(day + timedelta(days=step), MIDNIGHT) for step in (0, 1))
    return instant_at(first, catalogue.zone), instant_at(next_day, catalogue.zone)


def day_range(catalogue: Catalogue, days: tuple[date, date]) -> tuple[datetime, datetime]:
    """Return the instants between which the cells of these local days lie."""
    (first, _), (_, last) = day_bounds(catalogue, days[0]), day_bounds(catalogue, days[1])
    return first - SPILL, last + SPILL


def load_of(desks: list[Desk]) -> Mapping[int, int]:
    """Return how many cells each clerk has taken: on one day's desks, the day's load."""
    return {desk.clerk: sum(bits.bit_count() for _, bits in desk.words) for desk in desks}
