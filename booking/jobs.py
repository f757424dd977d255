"""The timetable: sweeps that may be repeated, in a process of their own, any number of times at once."""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from prometheus_client import start_http_server

from booking import clock, metrics
from booking.actions.beat import beat, survive
from booking.actions.erase_expired import erase_expired, forget
from booking.actions.expire_pendings import expire_pendings
from booking.actions.lost_link import answer_link_requests
from booking.actions.observe import sample
from booking.actions.plan_day_sheets import plan_day_sheets
from booking.actions.read_mailbox import is_mailbox_set, read_mailbox
from booking.actions.remind import remind
from booking.actions.send_day_sheets import send_day_sheets
from booking.actions.send_letters import Sweep, send_letters

log = logging.getLogger(__name__)
Action = Callable[[], object]

HEARTBEAT_EVERY = timedelta(seconds=15)  # the outbox is looked at each second; that needs no write each second
EVERY_MINUTE = timedelta(minutes=1)
LONGEST_REST = timedelta(seconds=30)  # letters leave within a minute after the relay is back


@dataclass
class Rest:
    """How long a relay, or a database, that is away is left alone: 1, 2, 4 … 30 seconds, or within other bounds."""

    until: datetime | None = None
    length: timedelta = timedelta()
    shortest: timedelta = timedelta(seconds=1)
    longest: timedelta = LONGEST_REST

    def is_over(self, now: datetime) -> bool:
        """Whether it may be tried again."""
        return self.until is None or self.until <= now

    def begin(self, now: datetime) -> None:
        """Leave it alone, each time twice as long."""
        self.length = min(max(self.length * 2, self.shortest), self.longest)
        self.until = now + self.length

    def end(self) -> None:
        """It is back."""
        self.until, self.length = None, timedelta()


@dataclass
class Timetable:
    """The jobs of one process; ``stop`` ends them after what they are just doing."""

    app: Flask
    stopping: threading.Event = field(default_factory=threading.Event)
    rest: Rest = field(default_factory=Rest)
    mailbox_rest: Rest = field(default_factory=lambda: Rest(shortest=EVERY_MINUTE, longest=timedelta(minutes=15)))
    beaten: dict[str, datetime] = field(default_factory=dict)

    def letters(self) -> None:
        """Send what is due, unless the relay is being left alone."""
        now = clock.now()
        if self.stopping.is_set() or not self.rest.is_over(now):
            return
        with self.app.app_context():
            done = survive(self._send)
            if done is None or done.is_relay_away:
                self.rest.begin(clock.now())
            else:
                self.rest.end()
            if done is not None:
                survive(lambda: self._beat("letters"))

    def _send(self) -> Sweep:
        """Letters first: somebody may be waiting for one; nobody waits for tomorrow's sheet.

        Where bookings come faster than letters leave, a sweep would never end, and nobody hear of this process.
        """
        until = clock.now() + HEARTBEAT_EVERY
        done = send_letters(clock.now, is_stopping=lambda: self.stopping.is_set() or clock.now() >= until)
        return done if done.is_relay_away else send_day_sheets(clock.now, is_stopping=self.stopping.is_set)

    def mailbox(self) -> None:
        """Read what came back, if there is a mailbox and it is not being left alone."""
        if self.stopping.is_set() or not self.mailbox_rest.is_over(clock.now()):
            return
        with self.app.app_context():
            if not is_mailbox_set() or survive(lambda: read_mailbox(clock.now, is_stopping=self.stopping.is_set)):
                self.mailbox_rest.end()
                survive(lambda: self._beat("mailbox"))
            else:
                self.mailbox_rest.begin(clock.now())

    def run(self, job: str, action: Action) -> None:
        """Run a sweep to its end and note that."""
        if self.stopping.is_set():
            return
        with self.app.app_context():
            survive(lambda: self._sweep(job, action))

    def _sweep(self, job: str, action: Action) -> None:
        action()
        self._beat(job)

    def _beat(self, job: str) -> None:
        now = clock.now()
        if job not in self.beaten or self.beaten[job] <= now - HEARTBEAT_EVERY:
            beat(job, now=now)
            sample()
            self.beaten[job] = now


SWEEPS: dict[str, tuple[Action, timedelta]] = {
    "expire": (lambda: expire_pendings(now=clock.now()), timedelta(seconds=10)),
    "links": (lambda: answer_link_requests(now=clock.now()), timedelta(seconds=1)),
    "remind": (lambda: remind(now=clock.now()), timedelta(minutes=1)),
    "day sheets": (lambda: plan_day_sheets(now=clock.now()), timedelta(minutes=1)),
    "erase": (lambda: erase_expired(now=clock.now()), timedelta(minutes=10)),
    "forget": (lambda: forget(now=clock.now()), timedelta(minutes=10)),
}


def run(app: Flask) -> None:
    """Run the timetable until SIGTERM or Ctrl-C; what is being sent is finished first."""
    timetable = Timetable(app)
    scheduler = scheduler_for(timetable)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        timetable.stopping.set()
        # Not here: the signal may have come while this very thread holds the scheduler's locks.
        threading.Thread(target=scheduler.shutdown, name="shutdown").start()

    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, stop)
    expose(app.config["METRICS_PORT"])
    log.info("jobs are running")
    scheduler.start()
    log.info("jobs have ended")


def expose(port: int | None) -> None:
    """Let Prometheus read this process's figures, on this machine only. For a taken port no letter has to wait."""
    if port is None:
        return
    try:
        start_http_server(port, addr="127.0.0.1", registry=metrics.REGISTRY)
    except OSError:
        log.exception("METRICS_PORT %d is taken: a second job process here needs one of its own", port)


def scheduler_for(timetable: Timetable) -> BlockingScheduler:
    """Hang every job onto a scheduler. The store is in memory: the jobs are these, in every process.

    A sweep that takes longer than its pause is normal work (many letters at once), no warning every second; one that
    never ends is seen by its heartbeat.
    """
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BlockingScheduler(
        timezone=UTC,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(SWEEPS) + 2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(timetable.letters, "interval", seconds=1, id="letters", next_run_time=clock.now())
    minute = EVERY_MINUTE.total_seconds()
    scheduler.add_job(timetable.mailbox, "interval", seconds=minute, id="mailbox", next_run_time=clock.now())
    for job, (action, pause) in SWEEPS.items():
        seconds = pause.total_seconds()
        arguments = [job, action]
        scheduler.add_job(timetable.run, "interval", arguments, seconds=seconds, id=job, next_run_time=clock.now())
    return scheduler
