"""How long a visit can be at all: the longest stretch of working time that may be used for it."""

from collections import defaultdict
from datetime import time

from booking.rules import blocks
from booking.rules.catalogue import Catalogue
from booking.rules.orders import Visit

_DAY = 24 * 60  # minutes; a block that ends at midnight ends with its day


def longest_visit(catalogue: Catalogue, visit: Visit) -> int:
    """Return the minutes of the longest stretch at which one able clerk receives citizens for these concerns.

    Blocks that touch are joined. Closures and appointments are left aside: what is longer than this fits on no day.
    """
    choice = blocks.Choice(visit.office.id, visit.concern_ids)
    able = {clerk.id for clerk in visit.clerks}
    days: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for block in catalogue.blocks:
        if block.clerk in able and choice.admits(block):
            days[block.clerk, block.weekday, block.date].append((_minute(block.start), _minute(block.end) or _DAY))
    return max((_longest(spans) for spans in days.values()), default=0)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _longest(spans: list[tuple[int, int]]) -> int:
    begun, ended, longest = 0, 0, 0
    for start, end in sorted(spans):
        begun = begun if start <= ended else start
        ended = max(ended, end)
        longest = max(longest, ended - begun)
    return longest
