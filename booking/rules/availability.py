"""Which starts a clerk can take and which are offered: sets of grid cells as integers, one bit per five minutes.

Bit ``i`` is the cell ``base + 300 * i``. Shifting such an integer asks one question about every moment of a month at
once, so nothing here loops over cells. Why gapless starts: a clerk's day fills to 97-100 % instead of 80 %.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.rules.spans import GRID_MINUTES, GRID_SECONDS, Span


@dataclass(frozen=True, slots=True)
class Desk:
    """A clerk's open hours for one choice and the moments (Unix seconds) of the cells that are owned already."""

    clerk: int
    after_minutes: int
    open: tuple[Span, ...]
    taken: frozenset[int]


@dataclass(frozen=True, slots=True)
class DeskMask:
    """The same as bits from ``base`` (Unix seconds) on; worth keeping between calls."""

    clerk: int
    after: int
    base: int
    free: int
    owned: int

    def bit_of(self, start: datetime) -> int | None:
        """Return the number of the cell that begins then, or ``None`` if there is none on the grid."""
        bit, off = divmod(start.timestamp() - self.base, GRID_SECONDS)
        return None if off or bit < 0 else int(bit)


def mask_of(desk: Desk | DeskMask) -> DeskMask:
    """Turn open hours and owned moments into bits."""
    if isinstance(desk, DeskMask):
        return desk
    if not desk.open:
        return DeskMask(desk.clerk, cells(desk.after_minutes), 0, 0, 0)
    edges = [(int(span.start.timestamp()), int(span.end.timestamp())) for span in desk.open]
    base = min(start for start, _ in edges) // GRID_SECONDS * GRID_SECONDS
    opened = span_bits(edges, base)
    owned = moment_bits(desk.taken, base, opened.bit_length() + cells(desk.after_minutes))
    return DeskMask(desk.clerk, cells(desk.after_minutes), base, opened & ~owned, owned)


def span_bits(edges: Iterable[tuple[int, int]], base: int) -> int:
    """Turn (start, end) pairs in Unix seconds into bits; a cell that a pair covers only in part is left out."""
    bits = 0
    for start, end in edges:
        first, stop = -((base - start) // GRID_SECONDS), (end - base) // GRID_SECONDS
        if stop > first:
            bits |= ((1 << (stop - first)) - 1) << first
    return bits


def moment_bits(moments: Iterable[int], base: int, count: int) -> int:
    """Turn moments in Unix seconds into the first ``count`` bits from ``base`` on."""
    digits = bytearray(b"0") * count
    top = base + (count - 1) * GRID_SECONDS
    for moment in moments:
        if base <= moment <= top:
            digits[(top - moment) // GRID_SECONDS] = 49  # the digit 1
    return int(digits or b"0", 2)


def cells(minutes: int) -> int:
    """Return how many cells it takes to hold these minutes."""
    return -(-minutes // GRID_MINUTES)


def runs(bits: int, length: int) -> int:
    """Keep each bit that is followed by enough others to make a run of ``length``; doubling needs log2 steps."""
    have = 1
    while have < length:
        step = min(have, length - have)
        bits &= bits >> step
        have += step
    return bits if length else -1


def _valid(mask: DeskMask, length: int) -> int:
    """Starts at which the clerk is free throughout, and nobody owns the minutes needed afterwards."""
    return runs(mask.free, length) & (runs(~mask.owned, mask.after) >> length)


def _gapless(mask: DeskMask, length: int, rest: int) -> int:
    """Valid starts that leave, on either side of the free stretch, nothing or an appointment of ``rest`` cells."""
    if not rest:
        return _valid(mask, length)
    before = rest + mask.after
    left = ~(mask.free << 1) | (runs(mask.free, before) << before)
    reach = length + mask.after
    right = ~runs(mask.free, reach + 1) | (_valid(mask, rest) >> reach)
    return _valid(mask, length) & left & right


def _snug(valid: int, first: int, length: int) -> int:
    """Every ``length``-th valid start of each stretch, from its first one on; a flood fill by doubling (Kogge-Stone)."""
    kept, passable, step = first, valid & (valid << length), length
    while passable:
        kept |= passable & (kept << step)
        passable &= passable << step
        step *= 2
    return kept


def _offered(mask: DeskMask, length: int, *, rest: int, lenient: int) -> int:
    """Gapless starts, thinned to one per duration with the last kept; failing these, a near stretch's beginning.

    A stretch has a gapless start exactly if its beginning is one, so no stretch needs to be looked at by itself.
    """
    valid, gapless = _valid(mask, length), _gapless(mask, length, rest)
    first, last = valid & ~(mask.free << 1), valid & ~(valid >> 1)
    return gapless & (_snug(valid, first, length) | last) | (first & lenient)


def offered_starts(
    desks: Iterable[Desk | DeskMask],
    *,
    minutes: int,
    useful_rest_minutes: int,
    lenient_before: datetime,
    earliest: datetime,
) -> list[int]:
    """Return the starts to show, over all desks, as sorted Unix seconds not before ``earliest``.

    Before ``lenient_before`` a stretch too awkward for any gapless start still offers its beginning.
    """
    masks = [mask for mask in map(mask_of, desks) if mask.free]
    base = min((mask.base for mask in masks), default=0)
    length, rest, union = cells(minutes), cells(useful_rest_minutes), 0
    for mask in masks:
        near = max(0, cells_between(mask.base, lenient_before))
        offered = _offered(mask, length, rest=rest, lenient=(1 << near) - 1)
        union |= offered << ((mask.base - base) // GRID_SECONDS)
    past = max(0, cells_between(base, earliest))
    return moments_of(union >> past, base + past * GRID_SECONDS)


def cells_between(base: int, until: datetime) -> int:
    """Count the cells that begin from ``base`` on and before ``until``."""
    return int(-((base - until.timestamp()) // GRID_SECONDS))


def moments_of(bits: int, base: int) -> list[int]:
    """Turn bits into sorted Unix seconds. Splitting the digits is three times faster than asking bit by bit."""
    digits = bin(bits)[2:]
    moment = base + len(digits) * GRID_SECONDS
    found = [moment := moment - GRID_SECONDS * (len(zeros) + 1) for zeros in digits.split("1")[:-1]]
    found.reverse()
    return found


def can_start(desk: Desk | DeskMask, start: datetime, minutes: int) -> bool:
    """Whether the clerk is free for all of it, inside the open hours, with the minutes afterwards owned by nobody."""
    mask = mask_of(desk)
    bit = mask.bit_of(start)
    return bit is not None and bool(_valid(mask, cells(minutes)) >> bit & 1)


def choose_clerk(
    desks: Iterable[Desk | DeskMask],
    start: datetime,
    minutes: int,
    *,
    useful_rest_minutes: int,
    load: Mapping[int, int],
) -> int | None:
    """Choose who takes the appointment: first those for whom the start is gapless, then the tightest fit, then the least
    ``load`` of that day, then the lowest id. ``None`` if nobody can.
    """
    length, rest = cells(minutes), cells(useful_rest_minutes)
    ranked: list[tuple[bool, int, int, int]] = []
    for mask in map(mask_of, desks):
        bit = mask.bit_of(start)
        if bit is not None and _valid(mask, length) >> bit & 1:
            wasteful = not _gapless(mask, length, rest) >> bit & 1
            ranked.append((wasteful, _stretch(mask.free, bit), load.get(mask.clerk, 0), mask.clerk))
    return min(ranked)[-1] if ranked else None


def _stretch(free: int, bit: int) -> int:
    """Count the cells of the free stretch around a free bit."""
    below = ~free & ((1 << bit) - 1)
    above = ~(free >> bit)
    return bit - below.bit_length() + (above & -above).bit_length() - 1


def nearest_starts(starts: Sequence[int], wish: datetime, count: int = 5) -> list[int]:
    """Return the starts nearest to a wish, in the order of time; of two equally near ones the earlier."""
    wanted = wish.timestamp()
    return sorted(sorted(starts, key=lambda start: (abs(start - wanted), start))[:count])
