"""The one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC. Only doors, jobs and commands call this."""
    return datetime.now(UTC)
