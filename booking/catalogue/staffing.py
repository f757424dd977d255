"""Check that clerks can do what is offered: no blocks that overlap, and for each concern somebody with the time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, cast

from booking.catalogue.checking import select
from booking.catalogue.faults import Fault, Path
from booking.catalogue.formats import parse_hours
from booking.catalogue.reading import Document
from booking.rules.blocks import SOME_MONDAY
from booking.rules.spans import GRID_MINUTES

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = (date(2000, 1, 1), date(2100, 12, 31))
"""The years of the catalogue; see ``formats``."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sound block of the file: when it recurs, from and to which minute of the day, and for what."""

    path: Path
    clerk: int
    office: str
    kind: str
    begin: int
    end: int
    weekday: int
    first: date
    last: date
    every_weeks: int
    dated: bool
    concerns: frozenset[str] | None


def staffing_faults(document: Document, faulty: AbstractSet[Path]) -> Iterator[Fault]:
    """Yield overlaps, and, if offices, clerks and blocks are sound, the concerns that nobody there can handle.

    ``faulty`` are the paths at which something else is wrong.
    """
    is_sound = _soundness(faulty)
    blocks = [
        stretch_of(path, cast("dict[str, Any]", block))
        for path, block in select(document.data, ("clerks", "*", "blocks", "*"))
        if is_sound(path)
    ]
    for block, clash in overlaps(blocks):
        line = document.values[clash.path].line
        yield document.fault(block.path, f"Overlaps with the block of the same clerk on line {line}.")
    if not any(path[:1] in {("offices",), ("clerks",)} or len(path) <= 1 for path in faulty):
        yield from _unserved(document, blocks, is_sound)


def _soundness(faulty: AbstractSet[Path]) -> Callable[[Path], bool]:
    """Return what tells whether nothing is wrong with an entry, inside it, or with what holds it."""
    around = {path[:length] for path in faulty for length in range(len(path) + 1)}
    return lambda path: path not in around and not any(path[:length] in faulty for length in range(len(path)))


def stretch_of(path: Path, block: Mapping[str, Any]) -> Stretch:
    """Return a sound block of the file that stands at ``clerks, index of the clerk, blocks, index``."""
    begin, end = parse_hours(block["hours"])
    day = date.fromisoformat(block["date"]) if "date" in block else None
    return Stretch(
        path=path,
        clerk=cast("int", path[1]),
        office=block["office"],
        kind=block["kind"],
        begin=_minutes(begin),
        end=_minutes(end),
        weekday=day.weekday() if day else WEEKDAYS.index(block["weekday"]),
        first=day or (date.fromisoformat(block["valid_from"]) if "valid_from" in block else ALWAYS[0]),
        last=day or (date.fromisoformat(block["valid_to"]) if "valid_to" in block else ALWAYS[1]),
        every_weeks=block.get("every_weeks", 1),
        dated=day is not None,
        concerns=frozenset(block["concerns"]) if "concerns" in block else None,
    )


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def overlaps(blocks: Iterable[Stretch]) -> Iterator[tuple[Stretch, Stretch]]:
    """Yield each block that meets an earlier one of its clerk, and that one: a clerk is in one place at a time.

    Dated blocks replace the weekly ones of their day: these two cannot clash.
    """
    groups: dict[tuple[object, ...], list[Stretch]] = {}
    for block in blocks:
        groups.setdefault((block.clerk, block.weekday, block.dated and block.first), []).append(block)
    for group in groups.values():
        for index, block in enumerate(group):
            clash = next((other for other in group[:index] if _meet(block, other)), None)
            if clash:
                yield block, clash


def _meet(one: Stretch, other: Stretch) -> bool:
    """Whether two blocks of one weekday, or of one date, ever share a moment."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    if first > last or one.begin >= other.end or other.begin >= one.end:
        return False
    day = first + timedelta(days=(one.weekday - first.weekday()) % 7)
    week = _common_week(one, other, _week(day))
    return week is not None and SOME_MONDAY + timedelta(weeks=week, days=one.weekday) <= last


def _common_week(one: Stretch, other: Stretch, earliest: int) -> int | None:
    """The first week in which both recur, counted as by ``rules.blocks.Block.falls_on`` (Chinese remainder theorem)."""
    week = earliest + (_week(one.first) - earliest) % one.every_weeks
    for _ in range(other.every_weeks):
        if (week - _week(other.first)) % other.every_weeks == 0:
            return week
        week += one.every_weeks
    return None


def _week(day: date) -> int:
    return (day - SOME_MONDAY).days // 7


def _unserved(document: Document, blocks: list[Stretch], is_sound: Callable[[Path], bool]) -> Iterator[Fault]:
    """Yield every offer of a sound, active concern at an active office that nobody there can fulfil."""
    data = cast("dict[str, list[dict[str, Any]]]", document.data)
    shut = {office["id"] for office in data["offices"] if not office.get("active", True)}
    for index, concern in enumerate(data["concerns"]):
        path: Path = ("concerns", index)
        if not is_sound(path) or not concern.get("active", True):
            continue
        able = [block for block in blocks if _is_able(data["clerks"][block.clerk], block, concern["id"])]
        for number, offer in enumerate(concern["offices"]):
            sentence = None if offer["office"] in shut else _refusal(concern, offer, able)
            if sentence:
                yield document.fault((*path, "offices", number), sentence)


def _is_able(clerk: dict[str, Any], block: Stretch, concern: str) -> bool:
    handles = clerk["concerns"] == "all" or concern in clerk["concerns"]
    return bool(clerk.get("active", True)) and handles and (block.concerns is None or concern in block.concerns)


def _refusal(concern: dict[str, Any], offer: dict[str, Any], able: list[Stretch]) -> str | None:
    """Say why nobody can be booked for a concern at one office, if so."""
    kinds = {"online"} if offer["online"] else {"online", "staff"}
    if not (offer["online"] or offer["staff"]):
        return None
    there = [block for block in able if block.office == offer["office"] and block.kind in kinds]
    if not there:
        return f"No active clerk has a block ({' or '.join(sorted(kinds))}) at this office that admits this concern."
    needed = int(offer.get("minutes", concern["minutes"]))
    needed += -needed % GRID_MINUTES
    longest = max(_joined_lengths(there))
    if needed > longest:
        return f"Takes {needed} minutes, but the longest block that admits it has {longest}."
    return None


def _joined_lengths(blocks: list[Stretch]) -> Iterator[int]:
    """The lengths of stretches in minutes, where blocks of one clerk that touch count as one."""
    end: dict[tuple[object, ...], tuple[int, int]] = {}
    for block in sorted(blocks, key=lambda block: block.begin):
        rhythm = (block.clerk, block.weekday, block.first, block.last, block.every_weeks, block.dated)
        begin, until = end.get(rhythm, (block.begin, block.begin))
        if block.begin > until:
            begin = block.begin
        end[rhythm] = (begin, block.end)
        yield block.end - begin
