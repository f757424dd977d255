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


def extra_hours(catalogue: Catalogue, place: Office, first: date, last: date) -> list[tuple[date, Hours]]:
    """Return when citizens are served outside the weekly hours, on single days from the first to the last inclusive."""
    found: dict[date, list[tuple[time, time]]] = {}
    for block in catalogue.blocks:
        if block.date is None or block.office != place.id or not first <= block.date <= last:
            continue
        usual = place.opening_hours.get(block.date.weekday(), ())
        is_usual = any(start <= block.start and block.end <= end for start, end in usual)
        if block.kind is not BlockKind.STAFF and not is_usual and not _is_shut(catalogue, place, block.date):
            found.setdefault(block.date, []).append((block.start, block.end))
    return [(day, _joined(found[day])) for day in sorted(found)]


def _is_shut(catalogue: Catalogue, place: Office, day: date) -> bool:
    """Whether a holiday or a closure takes the whole day, or some of it: then the hours would have to be said anew."""
    shut = any(each.office in (None, place.id) and each.first <= day <= each.last for each in catalogue.closures)
    return shut or day in catalogue.holidays


def _joined(hours: list[tuple[time, time]]) -> Hours:
    joined: list[tuple[time, time]] = []
    for start, end in sorted(hours):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
