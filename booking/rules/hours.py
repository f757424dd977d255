"""Hours by weekday on the local wall clock, as offices tell them."""

from datetime import date, time

from booking.rules.blocks import BlockKind
from booking.rules.catalogue import Catalogue, Office

Hours = tuple[tuple[time, time], ...]


def walk_in_hours(catalogue: Catalogue, place: Office, today: date) -> dict[int, Hours]:
    """Return when people are served without appointment, every week at present; what overlaps is joined."""
    found: dict[int, list[tuple[time, time]]] = {}
    for block in catalogue.blocks:
        ended = block.valid_to is not None and block.valid_to < today
        begun = block.valid_from is None or block.valid_from <= today
        if block.office != place.id or block.kind is not BlockKind.WALK_IN or ended or not begun:
            continue
        if block.weekday is not None and block.every_weeks == 1:
            found.setdefault(block.weekday, []).append((block.start, block.end))
    return {weekday: _joined(hours) for weekday, hours in found.items()}


def _joined(hours: list[tuple[time, time]]) -> Hours:
    joined: list[tuple[time, time]] = []
    for start, end in sorted(hours):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
