"""How much one person or network may hold at a time."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from booking.errors import TooManyAppointments
from booking.rules.windows import Policy

COUNTS = timedelta(hours=1)  # what was booked and given back at once counts against the limits so long
BY_CITIZENS = ("online", "api")  # channels; staff are bound by no limit


class Full(StrEnum):
    """Which limit on unconfirmed bookings is reached.

    A network's is told to whoever asks; a contact's only by letter, because the answer would reveal that the address
    has bookings.
    """

    CONTACT = "contact"
    NETWORK = "network"


def lowest_free_place(taken: Collection[int], most: int) -> int:
    """Return the lowest place of 1..most that is not taken. Raises ``TooManyAppointments``."""
    for place in range(1, most + 1):
        if place not in taken:
            return place
    raise TooManyAppointments


def full_limit(policy: Policy, *, open_of_contact: int, open_of_network: int) -> Full | None:
    """Name the limit that one more unconfirmed booking would exceed, the network's first."""
    if open_of_network >= policy.max_open_per_network:
        return Full.NETWORK
    if open_of_contact >= policy.max_open_per_contact:
        return Full.CONTACT
    return None
