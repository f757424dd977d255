"""Find the free times of one choice of concerns at every office that serves it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from flask import current_app

from booking.actions.catalogues import State, catalogue_at, state_at_a_glance, state_of
from booking.actions.office_months import keep_latest, month_of, starts_in
from booking.actions.transaction import reads
from booking.errors import NotCombinable, NotFound
from booking.rules.appointments import Wish
from booking.rules.availability import nearest_starts
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.rules.catalogue import Catalogue, Office
from booking.rules.orders import Visit, chosen_concerns, visit_at, visits
from booking.rules.windows import Window, booking_window, next_release

KEPT_ANSWERS = 128
NEAREST = 5


@dataclass(frozen=True, slots=True)
class OfficeStarts:
    """One office's free times: ``starts`` are Unix seconds, ascending; ``window`` the days that can be booked."""

    office: Office
    minutes: int
    window: Window
    starts: tuple[int, ...]

    @property
    def next(self) -> int | None:
        """The first free time, if there is one."""
        return self.starts[0] if self.starts else None


@dataclass(frozen=True, slots=True)
class Availability:
    """Free times per office. Each true until its moment of ``until``, as long as it has its one of ``versions``."""

    catalogue: Catalogue
    offices: tuple[OfficeStarts, ...]
    versions: tuple[int, ...]
    until: tuple[datetime, ...]

    @property
    def valid_until(self) -> datetime:
        """The first moment at which one of them changes by itself."""
        return min(self.until)

    def is_current(self, state: State, now: datetime) -> bool:
        """Whether nothing has changed since, and no time has run out."""
        fresh = tuple(state.versions.get(at.office.id, -1) for at in self.offices)
        return self.catalogue.revision == state.revision and self.versions == fresh and now < self.valid_until

    def still_true(self, catalogue: Catalogue, state: State, now: datetime) -> dict[int, "Answer"]:
        """Return by office's id what is true yet: of sixty offices a booking changes one."""
        if self.catalogue is not catalogue:
            return {}
        answers = zip(self.offices, self.versions, self.until, strict=True)
        return {
            at.office.id: (at, version, until)
            for at, version, until in answers
            if state.versions.get(at.office.id) == version and now < until
        }


Answer = tuple[OfficeStarts, int, datetime]  # of which version of its office, and until when it is true


@reads
def find_starts(
    municipality: str,
    wishes: Sequence[Wish],
    *,
    now: datetime,
    office: str | None = None,
    state: State | None = None,
) -> Availability:
    """Return the free times of the whole booking window, from what is kept if nothing has changed.

    Who has just asked for the state brings it along. Raises NotFound (municipality, concern, office),
    Invalid (quantity), NotCombinable, Unavailable.
    """
    state = state or state_of(municipality)
    key = (municipality, tuple(wishes), office)
    kept: dict[object, Availability] = current_app.extensions.setdefault("availability", {})
    known = kept.get(key)
    if known is not None and known.is_current(state, now):
        return known
    catalogue = catalogue_at(municipality, state)
    still_true = known.still_true(catalogue, state, now) if known is not None else {}
    found = _find(catalogue, wishes, office, now=now, state=state, still_true=still_true)
    keep_latest(kept, key, found, most=KEPT_ANSWERS)
    return found


@reads
def state_now(municipality: str) -> State:
    """Return what decides whether a kept answer is still true: one SELECT."""
    return state_at_a_glance(municipality)


def nearest_to(
    municipality: str, wishes: Sequence[Wish], office: str, *, start: datetime, now: datetime
) -> list[datetime]:
    """Return the free times of an office nearest to a start that could not be had; none if it serves this no more.

    It asks for all offices: the page that shows them asks the same, and is then answered from what is kept.
    """
    try:
        found = find_starts(municipality, wishes, now=now)
    except (NotFound, NotCombinable):
        return []
    starts = [moment for at in found.offices if at.office.slug == office for moment in at.starts]
    zone = found.catalogue.zone  # they are shown, on the municipality's wall clock
    return [datetime.fromtimestamp(moment, zone) for moment in nearest_starts(starts, start, NEAREST)]


def by_day(starts: Iterable[int], catalogue: Catalogue) -> list[tuple[date, list[datetime]]]:
    """Group starts by local day, on the municipality's wall clock."""
    local = (datetime.fromtimestamp(moment, catalogue.zone) for moment in starts)
    return [(day, list(times)) for day, times in groupby(local, key=lambda time: time.date())]


def _find(
    catalogue: Catalogue,
    wishes: Sequence[Wish],
    office: str | None,
    *,
    now: datetime,
    state: State,
    still_true: Mapping[int, Answer],
) -> Availability:
    concerns = chosen_concerns(catalogue, wishes)
    found = [visit_at(catalogue, catalogue.office(office), concerns)] if office else visits(catalogue, concerns)
    answers = [still_true.get(visit.office.id) or _at_office(catalogue, visit, now=now, state=state) for visit in found]
    return Availability(
        catalogue=catalogue,
        offices=tuple(starts for starts, _, _ in answers),
        versions=tuple(version for _, version, _ in answers),
        until=tuple(until for _, _, until in answers),
    )


def _at_office(catalogue: Catalogue, visit: Visit, *, now: datetime, state: State) -> Answer:
    """Return what citizens are offered for a visit."""
    window = booking_window(visit.policy, now, catalogue.zone)
    month = month_of(catalogue, visit, (window.first, window.last), now=now, state=state)
    starts = starts_in(catalogue, visit, month, window, now=now)
    told = OfficeStarts(visit.office, visit.minutes, window, tuple(starts))
    returns = month.returns(clerk.id for clerk in visit.clerks)
    return told, month.version, _valid_until(catalogue, visit, told, returns, now=now)


def _valid_until(
    catalogue: Catalogue, visit: Visit, answer: OfficeStarts, returns: datetime | None, *, now: datetime
) -> datetime:
    """Return the first moment at which the answer changes though nobody touches it (design.md §6)."""
    midnight = instant_at(datetime.combine(answer.window.first + timedelta(days=1), MIDNIGHT), catalogue.zone)
    moments = [midnight, next_release(visit.policy, now, catalogue.zone)]
    if answer.next is not None:
        moments.append(datetime.fromtimestamp(answer.next + 1, UTC) - visit.policy.lead)
    return min([*moments, *([returns] if returns else [])])


def limited(availability: Availability, first: date | None, last: date | None) -> Availability:
    """Return the same answer with only the starts of some local days, both ends included."""
    zone = availability.catalogue.zone

    def wanted(moment: int) -> bool:
        day = datetime.fromtimestamp(moment, zone).date()
        return (first is None or first <= day) and (last is None or day <= last)

    offices = tuple(replace(at, starts=tuple(filter(wanted, at.starts))) for at in availability.offices)
    return replace(availability, offices=offices)
