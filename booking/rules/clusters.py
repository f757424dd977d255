"""Bookings that look as if one program, or one dealer, had made them: shown to people, who decide.

Nothing here refuses anybody: a family, a school class or a firm's own domain look the same. Each cluster says why it
was noticed; its addresses are shown as shapes only (``a…7@d….de``), its names by their beginning.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, pstdev

from booking.rules.email_slips import USUAL
from booking.rules.texts import Text

LEAST = 4  # bookings, of as many different addresses, before anything is called a cluster
LEAST_NAMES = 3  # one name with so many addresses
QUICK = timedelta(seconds=20)  # nobody fills in the form faster than that after a time has returned
AT_ONCE = timedelta(seconds=3)  # after further days have opened: whoever waits for it has the form filled in already
LEAST_STEADY = 5  # gaps
STEADY = 0.1  # spread of the gaps between bookings, as a part of their mean
CROWD = 0.5  # of all addresses: a domain with so many is the town's own provider, or its demo
BEGINNING = 8  # letters of a name
LONGEST_GAP = timedelta(minutes=10)
LOOKED_AT = 16  # bookings of a run that the next one is compared with: of thousands, all would take seconds
DIGITS = re.compile(r"\d+")


class Sign(StrEnum):
    """Why a cluster was noticed, the surest first."""

    HANDOVER = "handover"
    NETWORK = "network"
    RHYTHM = "rhythm"
    RELEASE = "release"
    PATTERN = "pattern"
    NAME = "name"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A booking as the search for clusters sees it.

    ``freed_at`` is when its time was given up, if it was; ``opened_at`` is when further days had opened, if it was made
    at once after that.
    """

    reference: str
    office: int
    start: datetime
    created_at: datetime
    name: str
    email: str
    network: str | None
    freed_at: datetime | None
    is_open: bool
    status: str = ""
    opened_at: datetime | None = None
    concerns: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Bookings with something suspicious in common, in the order in which they were made."""

    sign: Sign
    members: tuple[Sighting, ...]


def beginning(name: str) -> str:
    """Return how a name begins: enough to tell one row from the next."""
    plain = " ".join(name.split())
    return plain if len(plain) <= BEGINNING else f"{plain[:BEGINNING].rstrip()}…"


def shape(email: str) -> str:
    """Return an address as a shape: the first sign, the last one where it is a digit, and the first of the domain."""
    local, _, domain = email.casefold().rpartition("@")
    if not local or not domain:
        return "…"
    last = local[-1] if local[-1].isdigit() and len(local) > 1 else ""
    return f"{local[0]}…{last}@{domain[0]}….{domain.rpartition('.')[2]}"


def clusters(seen: Iterable[Sighting]) -> list[Cluster]:
    """Return every cluster, the surest signs first and the largest of each; a booking may be in several."""
    ordered = sorted(seen, key=lambda one: (one.created_at, one.reference))
    found = [Cluster(Sign.HANDOVER, pair) for pair in _handovers(ordered)]
    for sign, of, least in _SIGNS:
        found += [Cluster(sign, group) for group in _alike(ordered, of, least)]
    found += [Cluster(Sign.DOMAIN, group) for group in _alike(ordered, _domain, LEAST) if not _is_crowd(group, ordered)]
    found += [Cluster(Sign.RHYTHM, run) for run in _steady(ordered)]
    rank = {sign: place for place, sign in enumerate(Sign)}
    return sorted(found, key=lambda one: (rank[one.sign], -len(one.members), one.members[0].reference))


def _alike(
    seen: Sequence[Sighting], of: Callable[[Sighting], str | None], least: int
) -> Iterable[tuple[Sighting, ...]]:
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for one in seen:
        if key := of(one):
            groups[key].append(one)
    return [tuple(group) for group in groups.values() if _addresses(group) >= least]


def _addresses(group: Iterable[Sighting]) -> int:
    return len({one.email.casefold() for one in group})


def _is_crowd(group: Sequence[Sighting], seen: Sequence[Sighting]) -> bool:
    return _addresses(group) >= CROWD * _addresses(seen)


def _pattern(one: Sighting) -> str | None:
    """Return an address with its digits left out, if it has any: ``max.muster1`` … ``max.muster9`` are alike."""
    local, _, domain = one.email.casefold().rpartition("@")
    bare = DIGITS.sub("#", local)
    return f"{bare}@{domain}" if "#" in bare else None


def _domain(one: Sighting) -> str | None:
    """Return a domain that few people share: one of those may take every address that somebody makes up."""
    domain = one.email.casefold().rpartition("@")[2]
    return None if domain in USUAL else domain


def _release(one: Sighting) -> str | None:
    return f"{one.office} {one.opened_at}" if one.opened_at else None


def _name(one: Sighting) -> str | None:
    return " ".join(one.name.casefold().split()) or None


_SIGNS: tuple[tuple[Sign, Callable[[Sighting], str | None], int], ...] = (
    (Sign.NETWORK, lambda one: one.network, LEAST),
    (Sign.RELEASE, _release, LEAST),
    (Sign.PATTERN, _pattern, LEAST),
    (Sign.NAME, _name, LEAST_NAMES),
)


def _handovers(seen: Sequence[Sighting]) -> list[tuple[Sighting, ...]]:
    """Return who booked a time within seconds of its being given up by another address."""
    freed: dict[tuple[int, datetime], list[Sighting]] = defaultdict(list)
    for one in seen:
        if one.freed_at:
            freed[one.office, one.start].append(one)
    return [
        (former, one)
        for one in seen
        for former in freed.get((one.office, one.start), ())
        if former.freed_at and former.email != one.email and _is_quick(one.created_at - former.freed_at)
    ]


def _is_quick(after: timedelta) -> bool:
    return timedelta() <= after <= QUICK


def _steady(seen: Sequence[Sighting]) -> list[tuple[Sighting, ...]]:
    """Return runs of bookings at one office whose gaps are as even as no crowd of people makes them."""
    found = []
    for office in sorted({one.office for one in seen}):
        run: list[Sighting] = []
        for one in [each for each in seen if each.office == office]:
            if run and not _keeps_time(run, one):
                found.append(run)
                run = run[-1:]
            run.append(one)
        found.append(run)
    return [tuple(run) for run in found if len(run) > LEAST_STEADY and _addresses(run) >= LEAST]


def _keeps_time(run: Sequence[Sighting], one: Sighting) -> bool:
    moments = [each.created_at for each in (*run[-LOOKED_AT:], one)]
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    if not 1 <= gaps[-1] <= LONGEST_GAP.total_seconds():
        return False
    return pstdev(gaps) <= STEADY * fmean(gaps)
