"""An appointment's status, what may be done in it and the ways back, in one table; and how long it may stay pending."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from booking.errors import NotPossibleNow
from booking.rules.windows import Policy

LONGEST_WAIT_FOR_RELAY = timedelta(hours=24)
HOLDING = timedelta(minutes=3)  # of a time by staff, while the caller says name and number
TIME_TO_UNDO = timedelta(minutes=1)
MOST_EDITIONS = 100  # of one appointment that can be undone: each writes letters, if only to withdraw them


class Status(StrEnum):
    """Where an appointment stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CALLED = "called"
    SERVING = "serving"
    SERVED = "served"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class CancelledBy(StrEnum):
    """Who cancelled."""

    CITIZEN = "citizen"
    OFFICE = "office"


class Verb(StrEnum):
    """What is done to an appointment."""

    CONFIRM = "confirm"
    EXPIRE = "expire"
    MOVE = "move"
    CANCEL = "cancel"
    CHECK_IN = "check_in"
    CALL = "call"
    SERVE = "serve"
    FINISH = "finish"
    MISS = "miss"
    EXTEND = "extend"


ACTIVE = frozenset({Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED, Status.SERVING, Status.SERVED})
UNBOOKED = frozenset({Status.PENDING, Status.EXPIRED})
STEPS = frozenset({Status.CANCELLED, Status.CONFIRMED})  # where a citizen's cancellation and move end

AFTER: dict[Status, dict[Verb, Status]] = {
    Status.PENDING: {
        Verb.CONFIRM: Status.CONFIRMED,
        Verb.EXPIRE: Status.EXPIRED,
        Verb.MOVE: Status.CONFIRMED,  # by the letter's link: it has proven the address
        Verb.CANCEL: Status.CANCELLED,
    },
    # Only the letter's link or code leads here: whoever confirms late, at this time or another, has proven the address.
    Status.EXPIRED: {Verb.CONFIRM: Status.CONFIRMED, Verb.MOVE: Status.CONFIRMED},
    Status.CONFIRMED: {
        Verb.MOVE: Status.CONFIRMED,
        Verb.CANCEL: Status.CANCELLED,
        Verb.CHECK_IN: Status.CHECKED_IN,
        Verb.CALL: Status.CALLED,
        Verb.SERVE: Status.SERVING,
        Verb.FINISH: Status.SERVED,
        Verb.MISS: Status.NO_SHOW,
    },
    Status.CHECKED_IN: {
        Verb.CANCEL: Status.CANCELLED,
        Verb.CALL: Status.CALLED,
        Verb.SERVE: Status.SERVING,
        Verb.FINISH: Status.SERVED,
        Verb.MISS: Status.NO_SHOW,
    },
    Status.CALLED: {
        # Called once more: people do not always hear it.
        Verb.CALL: Status.CALLED,
        Verb.EXTEND: Status.CALLED,
        Verb.CANCEL: Status.CANCELLED,
        Verb.SERVE: Status.SERVING,
        Verb.FINISH: Status.SERVED,
        Verb.MISS: Status.NO_SHOW,
    },
    Status.SERVING: {Verb.EXTEND: Status.SERVING, Verb.FINISH: Status.SERVED},
    Status.SERVED: {},
    Status.CANCELLED: {},
    Status.NO_SHOW: {},
}

# Where an undo may lead: the status before the mistake, which the appointment's history tells.
BACK: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.CONFIRMED: frozenset(),
    Status.CHECKED_IN: frozenset({Status.CONFIRMED}),
    Status.CALLED: frozenset({Status.CONFIRMED, Status.CHECKED_IN}),
    Status.SERVING: frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED}),
    Status.SERVED: frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED, Status.SERVING}),
    Status.CANCELLED: frozenset({Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED}),
    Status.NO_SHOW: frozenset({Status.CONFIRMED, Status.CHECKED_IN, Status.CALLED}),
}


def check_booked(status: Status) -> None:
    """Raise ``NotPossibleNow`` unless this is booked, or once was."""
    if status in UNBOOKED:
        raise NotPossibleNow(status)


def may(status: Status, verb: Verb) -> bool:
    """Whether this can be done to an appointment in this status."""
    return verb in AFTER[status]


def after(status: Status, verb: Verb) -> Status:
    """Return the status that this leads to. Raises ``NotPossibleNow``."""
    if verb not in AFTER[status]:
        raise NotPossibleNow(status)
    return AFTER[status][verb]


def is_done(status: Status, verb: Verb) -> bool:
    """Whether repeating this changes nothing, because it has been done: such a repetition is answered kindly."""
    if verb is Verb.CONFIRM:
        return status in ACTIVE - {Status.PENDING}
    return verb is Verb.CANCEL and status is Status.CANCELLED


def back(status: Status, previous: Status) -> Status:
    """Return ``previous`` if an undo may lead there. Raises ``NotPossibleNow``."""
    if previous not in BACK[status]:
        raise NotPossibleNow(status)
    return previous


@dataclass(frozen=True, slots=True)
class Step:
    """A citizen's latest move or cancellation: the SEQUENCE it led to, the start it left, when its minute is over."""

    sequence: int
    start: datetime
    until: datetime
    is_done: bool

    def open_until(self, status: Status, sequence: int, start: datetime) -> datetime | None:
        """Return when its undo closes, by where the appointment stands now; None if anything else has happened since.

        What has begun is neither cancelled nor moved, so that is not undone either: the old time and the new one count.
        """
        if self.is_done or not self.sequence == sequence < MOST_EDITIONS or status not in STEPS:
            return None
        return min(self.until, self.start, start)


@dataclass(frozen=True, slots=True)
class Asking:
    """A booking that waits to be confirmed; ``is_extended`` tells that somebody asked for more time (WCAG 2.2.1)."""

    start: datetime
    booked: datetime
    is_extended: bool = False


def confirm_by(policy: Policy, asking: Asking, *, accepted: datetime | None = None) -> datetime:
    """Return until when a booking may be confirmed (design.md §6).

    Until the relay ``accepted`` the letter that asks for it: 24 hours. From then: the confirmation time, or twice that.
    Both end one lead time before the start, yet who booked at its very edge still has the confirmation time, or what is
    left until the start.
    """
    usual = timedelta(minutes=policy.confirm_minutes)
    given = usual * 2 if asking.is_extended else usual
    wanted = asking.booked + LONGEST_WAIT_FOR_RELAY if accepted is None else accepted + given
    return max(min(wanted, asking.start - policy.lead), min(asking.booked + usual, asking.start))


def extended(policy: Policy, asking: Asking, *, until: datetime) -> datetime:
    """Return until when whoever asks for more time may confirm, if so far it is ``until``.

    While that is the provisional end it stays: the time that begins with the relay's acceptance is doubled then.
    """
    if until == confirm_by(policy, asking):
        return until
    accepted = until - timedelta(minutes=policy.confirm_minutes)  # or earlier than it was: the lead time ends both
    return confirm_by(policy, replace(asking, is_extended=True), accepted=accepted)
