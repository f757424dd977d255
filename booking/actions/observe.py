"""What monitoring asks: what waits in the tables, and what this process uses."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy import case, func, select
from sqlalchemy.pool import QueuePool

from booking import metrics
from booking.actions.clocks import beats
from booking.actions.transaction import reads
from booking.extensions import db
from booking.models import Letter, LetterStatus

KEPT: Final = "observed"
KEPT_FOR: Final = timedelta(seconds=5)
MEMORY: Final = Path("/proc/self/smaps_rollup")


@dataclass(frozen=True, slots=True)
class Observed:
    """Letters that wait or are held, seconds that the oldest has been waiting, and each job's age in seconds."""

    at: datetime
    waiting: int
    held: int
    failed: int
    oldest: float
    beats: dict[str, float]


def observe(*, now: datetime) -> Observed:
    """Return what stands in the tables; read at most once in KEPT_FOR, however many ask. Raises Unavailable."""
    kept: Observed | None = current_app.extensions.get(KEPT)
    if kept is None or not kept.at <= now < kept.at + KEPT_FOR:
        kept = current_app.extensions[KEPT] = _read(now)
    return kept


@reads
def _read(now: datetime) -> Observed:
    waits = Letter.status == LetterStatus.WAITING
    free = waits & Letter.held_at.is_(None)
    figures = select(
        func.count(case((free, 1))),
        func.count(case((waits & Letter.held_at.is_not(None), 1))),
        func.count(case((Letter.status == LetterStatus.FAILED, 1))),
        func.min(case((free, Letter.created_at))),
    ).where(Letter.status.in_((LetterStatus.WAITING, LetterStatus.FAILED)))
    waiting, held, failed, oldest = db.session.execute(figures).one()
    return Observed(
        at=now,
        waiting=waiting,
        held=held,
        failed=failed,
        oldest=max((now - oldest).total_seconds(), 0.0) if oldest else 0.0,
        beats={beat.job: max(beat.silent, 0.0) for beat in beats(now=now)},
    )


def told(seen: Observed | None) -> bytes:
    """Return all figures in Prometheus' text format; without ``seen`` those of processes alone."""
    if seen is None:
        return metrics.exposition()
    letters = {("waiting",): seen.waiting, ("held",): seen.held, ("failed",): seen.failed}
    return metrics.exposition(
        metrics.gauge("letters_kept", "Letters in the outbox that are not out.", letters, ["state"]),
        metrics.gauge("letters_oldest_seconds", "How long the oldest waiting letter waits.", {(): seen.oldest}),
        metrics.gauge(
            "job_heartbeat_age_seconds",
            "Time since a job last came to its end.",
            {(job,): age for job, age in seen.beats.items()},
            ["task"],  # Prometheus itself calls what it scrapes a job
        ),
    )


def sample() -> None:
    """Note what this process uses: connections of its pool, and its memory."""
    pool = db.engine.pool
    if isinstance(pool, QueuePool):
        metrics.POOL_USED.set(pool.checkedout())
        metrics.POOL_SIZE.set(pool.size() + pool._max_overflow)  # noqa: SLF001 - the pool tells it nowhere else
    with suppress(OSError, IndexError):  # no Linux, or hidden from us: the figure is missing, no answer is
        metrics.MEMORY.set(int(MEMORY.read_text().partition("\nPss:")[2].split()[0]) * 1024)
