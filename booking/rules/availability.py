"""Which starts a clerk can take, which of them are offered, and who takes an appointment.

Any start on the grid at which a clerk is free is accepted; offered are the gapless ones, with which a clerk's day fills
to 97-100 % instead of the 80 % of a quarter-hour raster (``make fill`` shows it).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.rules.cells import (
    CellSet,
    bits_of_words,
    cells,
    cells_until,
    every,
    longest_run,
    moments_of,
    run_around,
    runs,
)
from booking.rules.spans import GRID_MINUTES, GRID_SECONDS


@dataclass(frozen=True, slots=True)
class Desk:
    """A clerk's open cells for one choice, and those that are owned already, as words (see ``bits_of_words``)."""

    clerk: int
    after_minutes: int
    open: CellSet
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DeskMask:
    """The same as bits from ``base`` (Unix seconds) on, ``after`` in cells; worth keeping between calls."""

    clerk: int
    after: int
    base: int
    open: int
    owned: int

    @property
    def free(self) -> int:
        """The open cells that nobody owns."""
        return self.open & ~self.owned

    def bit_of(self, start: datetime) -> int | None:
        """Return the number of the cell that begins then; ``None`` off the grid or before the first."""
        bit, off = divmod(start.timestamp() - self.base, GRID_SECONDS)
        return None if off or bit < 0 else int(bit)


def mask_of(desk: Desk | DeskMask) -> DeskMask:
    """Turn what is open and what is owned into bits from one base on."""
    if isinstance(desk, DeskMask):
        return desk
    base = desk.open.base
    return DeskMask(desk.clerk, cells(desk.after_minutes), base, desk.open.bits, bits_of_words(desk.words, base))


def _valid(mask: DeskMask, length: int) -> int:
    """Starts at which the clerk is free throughout, and nobody owns the minutes needed afterwards."""
    return runs(mask.free, length) & (runs(~mask.owned, mask.after) >> length)


def _gapless(mask: DeskMask, length: int, rest: int) -> int:
    """Valid starts that leave, on either side of the free stretch, nothing or room for ``rest`` cells.

    Room counts the minutes after: those of this appointment and those that one in the rest would need.
    """
    if not rest:
        return _valid(mask, length)
    before, reach = rest + mask.after, length + mask.after
    free = mask.free
    left = ~(free << 1) | (runs(free, before) << before)
    right = ~runs(free, reach + 1) | (_valid(mask, rest) >> reach)
    return _valid(mask, length) & left & right


def _offered(mask: DeskMask, length: int, *, rest: int, near: int, past: int) -> int:
    """Gapless starts, thinned to one per duration with the last kept; failing these, the beginning of a near stretch.

    ``near`` and ``past`` count cells. A stretch has a gapless start exactly if its beginning is one, and one after its
    beginning exactly if its last valid start is one: so no stretch needs to be looked at by itself.
    """
    valid, gapless = _valid(mask, length), _gapless(mask, length, rest)
    first, last = valid & ~(mask.free << 1), valid & ~(valid >> 1)
    thinned = gapless & (every(length, first=first, inside=valid) | last)
    lenient = first | _beginning_of_rest(valid, gapless, past)
    return thinned | (lenient & ((1 << min(near, valid.bit_length())) - 1))


def _beginning_of_rest(valid: int, gapless: int, past: int) -> int:
    """The next start in the stretch that time cuts in two, unless a gapless one is still to come there."""
    ahead = valid >> past
    if not ahead & 1:
        return 0
    last = past + run_around(ahead, 0) - 1
    return 0 if gapless >> last & 1 else 1 << past


def offered_starts(
    desks: Iterable[Desk | DeskMask],
    *,
    minutes: int,
    useful_rest_minutes: int,
    lenient_before: datetime,
    earliest: datetime,
) -> list[int]:
    """Return the starts to show, over all desks, as sorted Unix seconds not before ``earliest``.

    Before ``lenient_before`` a stretch without a gapless start still offers its beginning, or what is left of it.
    Raises ``ValueError`` if ``minutes`` is not positive.
    """
    offers = (
        offered_by(
            desk,
            minutes=minutes,
            useful_rest_minutes=useful_rest_minutes,
            lenient_before=lenient_before,
            earliest=earliest,
        )
        for desk in desks
    )
    return starts_among(offers, earliest=earliest)


def offered_by(
    desk: Desk | DeskMask, *, minutes: int, useful_rest_minutes: int, lenient_before: datetime, earliest: datetime
) -> CellSet:
    """Return the starts to show of one desk, as cells; ``starts_among`` joins those of several."""
    mask, length = mask_of(desk), _length(minutes)
    if not mask.open:
        return CellSet()
    near, past = cells_until(mask.base, lenient_before), cells_until(mask.base, earliest)
    return CellSet(mask.base, _offered(mask, length, rest=cells(useful_rest_minutes), near=near, past=past))


def starts_among(offers: Iterable[CellSet], *, earliest: datetime) -> list[int]:
    """Return every moment of these sets once, as sorted Unix seconds not before ``earliest``."""
    found = [offered for offered in offers if offered.bits]
    base, union = min((offered.base for offered in found), default=0), 0
    for offered in found:
        union |= offered.bits << ((offered.base - base) // GRID_SECONDS)
    past = cells_until(base, earliest)
    return moments_of(union >> past, base + past * GRID_SECONDS)


def possible_starts(desks: Iterable[Desk | DeskMask], *, minutes: int, earliest: datetime) -> list[int]:
    """Return every start that somebody can take, gapless or not, as sorted Unix seconds not before ``earliest``."""
    length, union = _length(minutes), 0
    masks = [mask for mask in map(mask_of, desks) if mask.open]
    base = min((mask.base for mask in masks), default=0)
    for mask in masks:
        union |= _valid(mask, length) << ((mask.base - base) // GRID_SECONDS)
    past = cells_until(base, earliest)
    return moments_of(union >> past, base + past * GRID_SECONDS)


def can_start(desk: Desk | DeskMask, start: datetime, minutes: int) -> bool:
    """Whether the clerk is free for all of it, inside the open hours, with the minutes afterwards owned by nobody."""
    mask = mask_of(desk)
    bit = mask.bit_of(start)
    return bit is not None and bool(_valid(mask, _length(minutes)) >> bit & 1)


def any_start(desk: Desk | DeskMask, minutes: int) -> bool:
    """Whether the clerk can take such an appointment at all."""
    return bool(_valid(mask_of(desk), _length(minutes)))


def longest_free_minutes(desk: Desk | DeskMask) -> int:
    """Return the length of the longest free stretch."""
    return longest_run(mask_of(desk).free) * GRID_MINUTES


def choose_clerk(
    desks: Iterable[Desk | DeskMask],
    start: datetime,
    minutes: int,
    *,
    useful_rest_minutes: int,
    load: Mapping[int, int],
) -> int | None:
    """Choose who takes the appointment; ``None`` if nobody can.

    First those for whom the start is gapless, then the tightest fit, then the least ``load`` (by clerk, of that day),
    then the lowest id. Tightest fit alone left a useless rest in one booking of twelve.
    """
    length, rest = _length(minutes), cells(useful_rest_minutes)
    ranked: list[tuple[bool, int, int, int]] = []
    for mask in map(mask_of, desks):
        bit = mask.bit_of(start)
        if bit is not None and _valid(mask, length) >> bit & 1:
            wasteful = not _gapless(mask, length, rest) >> bit & 1
            ranked.append((wasteful, run_around(mask.free, bit), load.get(mask.clerk, 0), mask.clerk))
    return min(ranked)[-1] if ranked else None


def nearest_starts(starts: Sequence[int], wish: datetime, count: int = 5) -> list[int]:
    """Return those of the sorted starts that are nearest to a wish, in order; of two equally near ones the earlier."""
    wanted = wish.timestamp()
    return sorted(sorted(starts, key=lambda start: abs(start - wanted))[:count])


def _length(minutes: int) -> int:
    if minutes <= 0:
        message = f"an appointment of {minutes} minutes"
        raise ValueError(message)
    return cells(minutes)
