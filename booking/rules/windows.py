"""Which days and times may be booked now: horizon, release of further days, lead time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from booking.rules.blocks import MIDNIGHT, instant_at

GRACE = timedelta(minutes=10)
FARTHEST = timedelta(days=366)  # no reason of staff takes anybody further: a year typed wrongly, most likely


@dataclass(frozen=True, slots=True)
class Release:
    """When further days open: one each day (``rolling``) or a batch on one weekday (``weekly``, Monday = 0)."""

    kind: Literal["rolling", "weekly"] = "rolling"
    at: time = time(7)
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a municipality, an office or a concern lets people book; the defaults are Schwarmstedt's.

    ``proof_above``: as many bookings an hour at an office are never too many (``rules.surges``); at 0, all are.
    """

    horizon_days: int = 28
    lead_minutes: int = 60
    confirm_minutes: int = 30
    useful_rest_minutes: int = 10
    near_days: int = 2
    release: Release = Release()
    max_active_per_contact: int = 3
    max_open_per_contact: int = 3
    max_open_per_network: int = 30
    release_delay_minutes: int = 0
    proof_above: int = 40
    staff_days: int = 180

    @property
    def release_delay(self) -> timedelta:
        """The longest time that a freed time stays hidden from citizens."""
        return timedelta(minutes=self.release_delay_minutes)

    @property
    def lead(self) -> timedelta:
        """The shortest time between booking and start."""
        return timedelta(minutes=self.lead_minutes)


@dataclass(frozen=True, slots=True)
class Window:
    """The days ``first`` to ``last`` inclusive, and the earliest start within them."""

    first: date
    last: date
    earliest: datetime

    def admits(self, start: datetime, zone: ZoneInfo) -> bool:
        """Whether an appointment may begin then."""
        return self.earliest <= start and self.first <= start.astimezone(zone).date() <= self.last


def booking_window(policy: Policy, now: datetime, zone: ZoneInfo, *, grace: bool = False) -> Window:
    """Return what citizens may book at this moment.

    ``grace`` undercuts the lead time by ten minutes, so that what was shown can still be booked.
    """
    lead = max(policy.lead - GRACE, timedelta()) if grace else policy.lead
    last = _latest_release(policy.release, now, zone) + timedelta(days=policy.horizon_days)
    return Window(now.astimezone(zone).date(), last, now + lead)


def staff_window(policy: Policy, now: datetime, zone: ZoneInfo) -> Window:
    """Return what staff may book at this moment: they see further than citizens, and need no lead time."""
    today = now.astimezone(zone).date()
    return Window(today, today + timedelta(days=policy.staff_days), now)


def next_release(policy: Policy, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment after ``now`` at which further days open."""
    step = 7 if policy.release.kind == "weekly" else 1
    day = _latest_release(policy.release, now, zone) + timedelta(days=step)
    return instant_at(datetime.combine(day, policy.release.at), zone)


def near_until(policy: Policy, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of the near days (today is the first), on which a stretch offers at least its beginning."""
    end = now.astimezone(zone).date() + timedelta(days=policy.near_days)
    return instant_at(datetime.combine(end, MIDNIGHT), zone)


def _latest_release(release: Release, now: datetime, zone: ZoneInfo) -> date:
    """Return the local date of the latest release that has happened."""
    day = now.astimezone(zone).date()
    if release.kind == "weekly":
        day -= timedelta(days=(day.weekday() - (release.weekday or 0)) % 7)
    if instant_at(datetime.combine(day, release.at), zone) > now:
        day -= timedelta(days=7 if release.kind == "weekly" else 1)
    return day
