"""Secret addresses: how much an entry of a calendar feed tells, which days a feed has; the waiting room's screen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.rules.lifecycle import ACTIVE, Status

DAYS_BACK = timedelta(days=30)  # long enough to look something up; after that the day schedule knows
# An unconfirmed booking may be gone in an hour, and whoever did not come takes nobody's time.
SHOWN = ACTIVE - {Status.PENDING}


class Shows(StrEnum):
    """How much an address tells: only that a time is taken, also the concerns, also the name; or who is called."""

    BUSY = "busy"
    CONCERN = "concern"
    NAME = "name"
    NUMBERS = "numbers"  # no calendar: the waiting room's screen


@dataclass(frozen=True, slots=True)
class Matter:
    """What an appointment is about: concerns as they are read (``2 × Reisepass``), and whether one is discreet."""

    concerns: str
    is_discreet: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed. Instants are aware, in UTC; ``changed_at`` is the appointment's last change."""

    uid: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    start: datetime
    end: datetime
    summary: str
    details: str
    place: str
    is_private: bool


def summary(shows: Shows, matter: Matter, name: str) -> str:
    """Return an entry's title. A discreet concern stays unnamed however much the feed shows (design.md §2)."""
    if shows is Shows.BUSY:
        return "Belegt"
    concerns = "Anliegen vertraulich" if matter.is_discreet else matter.concerns
    return f"{name}: {concerns}" if shows is Shows.NAME and name else concerns
