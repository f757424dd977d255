"""The rules of availability once more, cell by cell: too slow to use, too plain to be wrong."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from booking.rules.availability import Desk
from booking.rules.cells import cells_of
from booking.rules.spans import GRID_SECONDS as STEP
from booking.rules.spans import Span

EIGHT = int(datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp())


def at(cell: int) -> datetime:
    """The beginning of the n-th cell after eight o'clock."""
    return datetime.fromtimestamp(EIGHT + cell * STEP, UTC)


def a_desk(free: str, *, clerk: int = 1, after_minutes: int = 0) -> Desk:
    """Draw a desk from eight o'clock on: ``.`` free, ``x`` open and taken, ``o`` shut and taken, space shut."""
    opened = cells_of([Span(at(n), at(n + 1)) for n, sign in enumerate(free) if sign in ".x"])
    taken = [EIGHT + n * STEP for n, sign in enumerate(free) if sign in "xo"]
    return Desk(clerk, after_minutes, opened, words_of(taken))


def words_of(moments: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Pack cells as the database does: 48 of them to a word."""
    words: dict[int, int] = {}
    for moment in moments:
        words[moment // 14400] = words.get(moment // 14400, 0) + (1 << moment // 300 % 48)
    return tuple(words.items())


def taken_cells(desk: Desk) -> set[int]:
    return {number * 14400 + bit * STEP for number, word in desk.words for bit in range(48) if word >> bit & 1}


def open_cells(desk: Desk) -> set[int]:
    return {desk.open.base + n * STEP for n in range(desk.open.bits.bit_length()) if desk.open.bits >> n & 1}


def acceptable(desk: Desk, minutes: int) -> list[int]:
    free = open_cells(desk) - taken_cells(desk)
    return [start for start in sorted(free) if _fits(desk, free, start, minutes=minutes)]


def offered(desk: Desk, minutes: int, *, rest: int, lenient_before: datetime, earliest: datetime) -> list[int]:
    free = open_cells(desk) - taken_cells(desk)
    kept: list[int] = []
    now = earliest.timestamp()
    for stretch in _stretches(free):
        fitting = [start for start in stretch if _fits(desk, free, start, minutes=minutes)]
        gapless = [start for start in fitting if _leaves_no_gap(desk, stretch, start, minutes=minutes, rest=rest)]
        thinned = [start for start in gapless if (start - stretch[0]) % (minutes * 60) == 0 or start == gapless[-1]]
        still_fitting, still_offered = ([start for start in some if start >= now] for some in (fitting, thinned))
        if still_fitting and not still_offered and still_fitting[0] < lenient_before.timestamp():
            still_offered = [still_fitting[0]]
        kept += still_offered
    return kept


def _leaves_no_gap(desk: Desk, stretch: list[int], start: int, *, minutes: int, rest: int) -> bool:
    """Either side is nothing, or room for an appointment of ``rest`` minutes with the minutes that follow it."""
    if not rest:
        return True
    before = (start - stretch[0]) // 60
    next_start = start + (minutes + desk.after_minutes) * 60
    left_is_fine = before == 0 or before >= rest + desk.after_minutes
    right_is_fine = next_start > stretch[-1] or _fits(desk, set(stretch), next_start, minutes=rest)
    return left_is_fine and right_is_fine


def _fits(desk: Desk, free: set[int], start: int, *, minutes: int) -> bool:
    taken = taken_cells(desk)
    end = start + minutes * 60
    afterwards = range(end, end + desk.after_minutes * 60, STEP)
    return free.issuperset(range(start, end, STEP)) and taken.isdisjoint(afterwards)


def _stretches(cells: Iterable[int]) -> Iterator[list[int]]:
    stretch: list[int] = []
    for cell in sorted(cells):
        if stretch and cell != stretch[-1] + STEP:
            yield stretch
            stretch = []
        stretch.append(cell)
    if stretch:
        yield stretch
