"""What this process keeps of each office: its clerks' taken time, and the starts that follow from it, clerk by clerk.

When an office's version has moved, one query tells whose stamp has moved and a second one reads these few clerks; the
rest of a hundred is used as it is (docs/decisions/2026-11-22-kept-clerk-by-clerk.md). Values only: threads share them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import Connection

from booking.actions.catalogues import State, reading
from booking.actions.desks import ONLINE, day_range
from booking.models.stamps import Taken, read_stamps, read_taken
from booking.rules.availability import DeskMask, offered_by, starts_among
from booking.rules.blocks import Choice, open_cells
from booking.rules.catalogue import Catalogue
from booking.rules.cells import CellSet, cells, cells_until
from booking.rules.orders import Visit
from booking.rules.spans import GRID_SECONDS
from booking.rules.windows import Window, near_until

MONTHS, OFFERS = "office-months", "kept-offers"
MOST_MONTHS, MOST_OFFERS, MOST_OFFERED = 256, 512, 6400  # the last counts clerks: a hundred take 0.1 MB
CALM = 3  # looks at an office that others keep changing, before everything is read in one statement
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Month:
    """What an office's clerks have taken, as it stood when the office had this version."""

    version: int
    taken: Mapping[int, Taken] = field(default_factory=dict)
    guarded_until: datetime | None = None

    def returns(self, clerks: Iterable[int]) -> datetime | None:
        """Return when the next of these clerks' time becomes free by itself."""
        moments = (self.taken[clerk].returns for clerk in clerks if clerk in self.taken)
        return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Offer:
    """The starts of each clerk for one question, with the taken time and the moment that they were made from."""

    made_for: tuple[int, datetime]
    of_clerks: Mapping[int, tuple[Taken | None, CellSet]]


def keep_latest(kept: dict[object, Any], key: object, value: object, *, most: int) -> None:
    """Keep a value as the latest; the oldest go first, for what many ask is soon made anew. Threads may share it."""
    kept.pop(key, None)
    kept[key] = value
    for oldest in list(kept)[: max(0, len(kept) - most)]:  # a copy, made in one step: another thread may change it
        kept.pop(oldest, None)


def month_of(catalogue: Catalogue, visit: Visit, days: Days, *, now: datetime, state: State) -> Month:
    """Return what the able clerks have taken, as it stood at one version of the office not older than ``state``'s."""
    kept: dict[object, Month] = current_app.extensions.setdefault(MONTHS, {})
    key = (catalogue.id, catalogue.revision, visit.office.id, days, visit.policy.release_delay)
    with reading() as connection:
        month = _refreshed(connection, kept.get(key), visit, day_range(catalogue, days), now=now)
    month = month or Month(state.versions[visit.office.id])
    keep_latest(kept, key, month, most=MOST_MONTHS)
    return month


def _refreshed(
    connection: Connection, month: Month | None, visit: Visit, between: tuple[datetime, datetime], *, now: datetime
) -> Month | None:
    """Read until nobody has changed the office between two looks; None: nothing was ever taken.

    An answer must be true of some moment, so what is mixed of two versions is not told.
    """
    office, clerks = visit.office.id, [clerk.id for clerk in visit.clerks]
    for _ in range(CALM):
        version, stamps, guarded = read_stamps(connection, office)
        if version is None:
            return None
        taken = month.taken if month and month.guarded_until == guarded else {}
        moved = [clerk for clerk in clerks if clerk in stamps and _has_moved(taken.get(clerk), stamps[clerk], now)]
        if not moved:
            return Month(version, taken, guarded)
        look = read_taken(connection, office, moved, between, now=now, delay=visit.policy.release_delay)
        month = Month(version, {**taken, **look.of_clerks}, guarded)
        if look.version == version:
            return month
    look = read_taken(connection, office, clerks, between, now=now, delay=visit.policy.release_delay)
    return None if look.version is None else Month(look.version, look.of_clerks, guarded)


def _has_moved(taken: Taken | None, stamp: int, now: datetime) -> bool:
    return taken is None or taken.stamp != stamp or (taken.returns is not None and taken.returns <= now)


def starts_in(catalogue: Catalogue, visit: Visit, month: Month, window: Window, *, now: datetime) -> list[int]:
    """Return what citizens are offered for a visit in a window; only clerks whose month has changed are reckoned."""
    kept: dict[object, Offer] = current_app.extensions.setdefault(OFFERS, {})
    choice, days = Choice(visit.office.id, visit.concern_ids, ONLINE), (window.first, window.last)
    key = (catalogue.id, catalogue.revision, choice, visit.minutes, days)
    near = near_until(visit.policy, now, catalogue.zone)
    made_for = (cells_until(0, window.earliest), near)
    known = kept.get(key)
    before = known.of_clerks if known is not None and known.made_for == made_for else {}
    offers: dict[int, tuple[Taken | None, CellSet]] = {}
    for clerk in visit.clerks:
        taken, found = month.taken.get(clerk.id), before.get(clerk.id)
        if found is None or found[0] is not taken:
            opened = open_cells(catalogue.timetable, clerk.id, choice=choice, days=days)
            mask = _mask(clerk.id, clerk.after_minutes, opened, taken)
            rest = visit.policy.useful_rest_minutes
            offered = offered_by(
                mask, minutes=visit.minutes, useful_rest_minutes=rest, lenient_before=near, earliest=window.earliest
            )
            found = (taken, offered)
        offers[clerk.id] = found
    keep_latest(kept, key, Offer(made_for, offers), most=min(MOST_OFFERS, MOST_OFFERED // max(1, len(offers))))
    return starts_among((offered for _, offered in offers.values()), earliest=window.earliest)


def _mask(clerk: int, after_minutes: int, opened: CellSet, taken: Taken | None) -> DeskMask:
    owned = 0
    if taken is not None and opened.bits:
        shift = (opened.base - taken.cells.base) // GRID_SECONDS
        owned = taken.cells.bits >> shift if shift >= 0 else taken.cells.bits << -shift
    return DeskMask(clerk, cells(after_minutes), opened.base, opened.bits, owned)
