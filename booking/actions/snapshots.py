"""What an appointment keeps of the catalogue, so that later edits do not rewrite it."""

from booking.models import AppointmentConcern
from booking.rules.orders import Visit


def concern_rows(visit: Visit) -> list[AppointmentConcern]:
    """Return the snapshot of what a visit is for; minutes are those at this office."""
    return [
        AppointmentConcern(
            concern_id=concern.id,
            position=place,
            quantity=quantity,
            minutes=at.minutes + at.extra_minutes * (quantity - 1),
            name=dict(concern.name),
        )
        for place, (concern, quantity) in enumerate(visit.concerns)
        for at in [concern.offices[visit.office.id]]
    ]
