"""Appointment rows as what decides whether they can take place (``rules.stranding``)."""

from booking.models.appointment import Appointment
from booking.rules.spans import Span
from booking.rules.stranding import Placed


def placed_of(row: Appointment) -> Placed | None:
    """Return where and when an appointment is; None for a walk-in that nobody has taken yet."""
    if row.start is None or row.end is None:
        return None
    return Placed(
        office=row.office_id,
        span=Span(row.start, row.end),
        clerks=tuple(at.clerk_id for at in row.clerks),
        concerns=frozenset(line.concern_id for line in row.concerns),
        is_extra=row.outside_blocks,
    )
