"""What is counted and measured for Prometheus: of municipalities and persons nothing, only what every label can be.

Counters live in this process, or, under gunicorn, in files that all its workers share (config/gunicorn.py): whoever is
asked answers for all. What stands in tables is read when it is asked for (``actions/observe.py``).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from config import sharing

sharing.refuse_missing()
disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began is of no use, and doubles them
REGISTRY: Final = CollectorRegistry()
PREFIX: Final = "wartefrei"
CHANNELS: Final = ("online", "phone", "desk", "api")
SECONDS: Final = (0.005, 0.025, 0.1, 0.3, 1.0, 5.0)  # 0.3 and 1 are what a rush is held to


class Outcome(StrEnum):
    """What became of a booking.

    ``declined`` got a letter in the place of a time (its ``Guard`` tells why); unless blocked it may be confirmed yet,
    without ever having been ``booked``. So who asks which part is confirmed divides by both, less the blocked.
    """

    BOOKED = "booked"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED_BY_CITIZEN = "cancelled_by_citizen"
    CANCELLED_BY_OFFICE = "cancelled_by_office"
    UNDONE = "undone"
    EXPIRED = "expired"


class Answer(StrEnum):
    """How the free times were answered: worked out anew, from what was kept, or with 304."""

    COMPUTED = "computed"
    KEPT = "kept"
    UNCHANGED = "unchanged"


class Sending(StrEnum):
    """What became of an attempt to send a letter."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Guard(StrEnum):
    """What a booking met before it was taken or declined; what refuses one is counted as a refusal, by its code."""

    PROOF_SOLVED = "proof_solved"
    ADDRESS_FIRST = "address_first"
    CONTACT_LIMIT = "contact_limit"
    BLOCKED = "blocked"


class Returned(StrEnum):
    """What a message in the mailbox was: a bounce, a calendar's answer, a machine's talk, a forgery, or for people."""

    BOUNCE = "bounce"
    DECLINE = "decline"
    ACCEPTANCE = "acceptance"
    CHATTER = "chatter"
    FORGED = "forged"
    LEFT = "left"


BOOKINGS: Final = Counter(
    "bookings", "Appointments by what became of them.", ("outcome", "channel"), namespace=PREFIX, registry=REGISTRY
)
REFUSALS: Final = Counter(
    "refusals", "Refusals by writing action and code.", ("action", "code"), namespace=PREFIX, registry=REGISTRY
)
GUARDS: Final = Counter("guards", "What kept abuse out.", ("guard",), namespace=PREFIX, registry=REGISTRY)
LETTERS: Final = Counter("letters", "Attempts to send a letter.", ("outcome",), namespace=PREFIX, registry=REGISTRY)
RETURNED: Final = Counter(
    "returned_messages",
    "Messages in the mailbox by what they were.",
    ("message",),
    namespace=PREFIX,
    registry=REGISTRY,
)
AVAILABILITY: Final = Histogram(
    "availability_seconds",
    "Time of the API's free times.",
    ("answer",),
    namespace=PREFIX,
    registry=REGISTRY,
    buckets=(0.0005, 0.001, 0.0025, 0.01, 0.05, 0.3),
)
REQUESTS: Final = Histogram(
    "request_seconds",
    "Time of a request in the worker.",
    ("route", "status"),
    namespace=PREFIX,
    registry=REGISTRY,
    buckets=SECONDS,
)
POOL_TIMEOUTS: Final = Counter(
    "pool_timeouts", "Waits for a database connection that were given up.", namespace=PREFIX, registry=REGISTRY
)
POOL_USED: Final = Gauge(
    "pool_connections_used",
    "Database connections in use.",
    namespace=PREFIX,
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
POOL_SIZE: Final = Gauge(
    "pool_connections_most",
    "Database connections that may be open.",
    namespace=PREFIX,
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
MEMORY: Final = Gauge(
    "worker_memory_bytes",
    "Memory (PSS) of the largest process.",
    namespace=PREFIX,
    registry=REGISTRY,
    multiprocess_mode="livemax",
)

# So that an alert sees a first one rise from 0.
for _outcome in Outcome:
    for _channel in CHANNELS:
        BOOKINGS.labels(_outcome.value, _channel)
for _sending in Sending:
    LETTERS.labels(_sending.value)
for _returned in Returned:
    RETURNED.labels(_returned.value)
for _guard in Guard:
    GUARDS.labels(_guard.value)
for _answer in Answer:
    AVAILABILITY.labels(_answer.value)


def count_booking(outcome: Outcome, channel: str) -> None:
    """Count what became of an appointment. Actions note it (``tally.note``), so that only what is committed counts."""
    BOOKINGS.labels(outcome.value, channel).inc()


def count_guard(guard: Guard) -> None:
    """Count what kept somebody out."""
    GUARDS.labels(guard.value).inc()


def count_return(returned: Returned) -> None:
    """Count a message of the mailbox."""
    RETURNED.labels(returned.value).inc()


def count_letter(sending: Sending) -> None:
    """Count an attempt to send a letter."""
    LETTERS.labels(sending.value).inc()


def gauge(name: str, text: str, values: Mapping[Any, float], labels: Iterable[str] = ()) -> Metric:
    """Return a figure that was just read from a table, by the values of its labels (tuples)."""
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=list(labels))
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def exposition(*read: Metric) -> bytes:
    """Return everything in Prometheus' text format: of all workers, and what was just read."""
    registry = REGISTRY
    if values.ValueClass._multiprocess:  # noqa: SLF001 - how the library tells it
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(_Read(read))


class _Read:
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
