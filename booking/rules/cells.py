"""Sets of grid cells as integers: bit ``i`` is the five minutes from ``base + 300 * i`` on (Unix seconds).

Shifting such an integer asks one question about every moment of a month at once, so that no rule loops over cells.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.rules.spans import GRID_MINUTES, GRID_SECONDS, Span

WORD_CELLS = 48
WORD_SECONDS = WORD_CELLS * GRID_SECONDS


@dataclass(frozen=True, slots=True)
class CellSet:
    """Some cells: bit ``i`` of ``bits`` is the one that begins at ``base + 300 * i``."""

    base: int = 0
    bits: int = 0


def cells(minutes: int) -> int:
    """Return how many cells it takes to hold these minutes."""
    return -(-minutes // GRID_MINUTES)


def cells_until(base: int, end: datetime) -> int:
    """Count the cells that begin from ``base`` on and before ``end``; none if ``end`` comes first."""
    return max(0, int(-((base - end.timestamp()) // GRID_SECONDS)))


def cells_of(spans: Sequence[Span]) -> CellSet:
    """Return the cells that lie wholly inside one of these spans."""
    if not spans:
        return CellSet()
    bits, base = 0, min(span.moments()[0] for span in spans)
    for span in spans:
        first = -int((base - span.start.timestamp()) // GRID_SECONDS)
        count = int((span.end.timestamp() - base) // GRID_SECONDS) - first
        bits |= ((1 << max(0, count)) - 1) << first
    return CellSet(base, bits)


def bits_of_words(words: Iterable[tuple[int, int]], base: int) -> int:
    """Turn (number, bits) words of four hours each, number 0 at Unix second 0, into bits from ``base`` on.

    The database makes them in one grouped query, a fifteenth of the rows that single cells would be:
    ``SELECT clerk_id, moment / 14400, sum(1 << (moment / 300 % 48)) FROM cell … GROUP BY 1, 2``
    (bigint on PostgreSQL). The sum is a union because no clerk has a moment twice.
    """
    bits = 0
    for number, word in words:
        shift = (number * WORD_SECONDS - base) // GRID_SECONDS
        bits |= word << shift if shift >= 0 else word >> -shift
    return bits


def runs(bits: int, length: int) -> int:
    """Keep each bit that begins a run of at least ``length``; every bit begins one of 0. Doubling needs log2 steps."""
    if not length:
        return -1
    have = 1
    while have < length:
        step = min(have, length - have)
        bits &= bits >> step
        have += step
    return bits


def every(length: int, *, first: int, inside: int) -> int:
    """Keep every ``length``-th bit of each run of ``inside``, from the run's ``first`` on.

    A flood fill by doubling (Kogge and Stone 1973): after each step what is kept and how far it may spread doubles.
    """
    kept, passable, step = first, inside & (inside << length), length
    while passable:
        kept |= passable & (kept << step)
        passable &= passable << step
        step *= 2
    return kept


def run_around(bits: int, bit: int) -> int:
    """Count the length of the run that a set bit belongs to."""
    gap_below = ~bits & ((1 << bit) - 1)
    from_here = ~(bits >> bit)
    return bit - gap_below.bit_length() + (from_here & -from_here).bit_length() - 1


def longest_run(bits: int) -> int:
    """Count the length of the longest run."""
    length = 0
    while bits:
        bits &= bits >> 1
        length += 1
    return length


def moments_of(bits: int, base: int) -> list[int]:
    """Turn bits into sorted Unix seconds. Splitting the digits costs half of asking bit by bit."""
    digits = f"{bits:b}"
    moment = base + len(digits) * GRID_SECONDS
    found = [moment := moment - GRID_SECONDS * (len(zeros) + 1) for zeros in digits.split("1")[:-1]]
    found.reverse()
    return found
