"""One run of a job: it beats when it came to its end, and survives a database that is away."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from booking.actions.clocks import seconds_ahead
from booking.actions.transaction import writes
from booking.errors import Unavailable
from booking.extensions import choose_insert, db
from booking.models import Heartbeat

T = TypeVar("T")


def survive(action: Callable[[], T]) -> T | None:
    """Run an action; None when the database is away (which has been logged): the next run tries again."""
    try:
        return action()
    except Unavailable:
        return None
    finally:
        db.session.remove()


@writes
def beat(job: str, *, now: datetime) -> None:
    """Note that a job has run to its end; ``now`` is this very moment."""
    insert = choose_insert()
    told = {"at": now, "ahead": seconds_ahead(now)}
    row = insert(Heartbeat).values(job=job, **told)
    db.session.execute(row.on_conflict_do_update(index_elements=[Heartbeat.job], set_=told))
