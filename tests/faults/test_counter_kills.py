"""Workers killed while the counter marks: each mark is there with its line in the audit log, or not at all."""

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.extensions import db
from booking.models import Appointment, Audit, Cell, Mark
from booking.rules.spans import GRID_SECONDS
from tests.builders import NINE, an_appointment
from tests.clients import Client
from tests.colleagues import Colleague, a_colleague
from tests.faults.load import PATIENCE, busy_town, wait_for
from tests.faults.whole import assert_whole
from tests.serving import environment_for, free_port, serving

pytestmark = [pytest.mark.faults, pytest.mark.long]

BERLIN = ZoneInfo("Europe/Berlin")
MARKS = {"check_in": "checked_in", "call": "called", "serve": "serving", "finish": "served"}
VISITORS, CLERKS, KILLS, WORKERS = 30, 3, 12, 3


@dataclass
class Counters:
    """Desks that lead everybody through their visit; who hears nothing presses again."""

    url: str
    day: date
    references: list[str]
    desks: list[Colleague]
    told: dict[str, str | None] = field(default_factory=dict)
    pressed: int = 0
    silences: int = 0

    def run(self, number: int) -> None:
        for reference in self.references[number :: len(self.desks)]:
            for verb, status in MARKS.items():
                self.told[reference] = None
                assert self._press(number, f"{verb}:{reference}") == 302
                self.told[reference] = status
                self.pressed += 1

    def _press(self, number: int, do: str) -> int:
        desk = self.desks[number]
        cookie = desk.client.get_cookie("wartefrei", path="/staff")
        assert cookie is not None
        path = f"/staff/musterstadt.buergerbuero/day/{self.day}/mark"
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            with suppress(OSError, http.client.HTTPException), Client(self.url, number) as client:
                form = {"csrf_token": desk.token, "do": do}
                return client.press(path, form, cookie=f"wartefrei={cookie.value}").status
            self.silences += 1
        return 0


def visitors_of_today(today: date) -> list[str]:
    """Book fixed times, then move all of them to today, whatever day it is."""
    at = [NINE + timedelta(minutes=15 * number) for number in range(VISITORS // CLERKS)]
    people = [
        an_appointment(start=start, email=f"{clerk}.{start:%H%M}@example.org", key=f"{clerk}.{start:%H%M}")
        for start in at
        for clerk in range(CLERKS)
    ]
    shift = today - NINE.astimezone(BERLIN).date()
    for row in db.session.scalars(sa.select(Appointment).where(Appointment.start.is_not(None))):
        assert row.start is not None
        assert row.end is not None
        row.start, row.end = row.start + shift, row.end + shift
    seconds = int(shift.total_seconds())
    assert seconds % GRID_SECONDS == 0
    db.session.execute(sa.update(Cell).values(moment=Cell.moment + seconds))
    db.session.commit()
    return [person.reference for person in people]


@pytest.mark.parametrize("seed", range(2))
def test_workers_killed_while_the_counter_marks_leave_nothing_half_written(
    empty_database: Callable[[str], str], tmp_path: Path, tally: Counter[str], seed: int
) -> None:
    dice = random.Random(seed)
    with busy_town(empty_database("counter")) as (app, relay):
        url = app.config["DATABASE_URL"]
        today = clock.now().astimezone(BERLIN).date()
        with app.app_context():
            references = visitors_of_today(today)
        desks = [a_colleague(app, "desk", name=f"desk{number}") for number in range(CLERKS)]
        environment = environment_for(url, port=free_port(), MAIL_PORT=relay.port)
        with serving(environment, workers=WORKERS, jobs=False, log=tmp_path / "log") as server:
            counters = Counters(server.url, today, references, desks)
            threads = [threading.Thread(target=counters.run, args=(number,)) for number in range(CLERKS)]
            for thread in threads:
                thread.start()
            for kill in range(1, KILLS + 1):
                wait_for(lambda goal=kill * 8: counters.pressed >= goal, "eight more marks")
                time.sleep(dice.uniform(0, 0.03))  # the moment is what is drawn here
                victims = server.workers()
                os.kill(dice.choice(victims), signal.SIGKILL)
                wait_for(lambda old=victims: set(server.workers()) - set(old), "another worker")
            for thread in threads:
                thread.join(PATIENCE)
        assert "Traceback" not in (tmp_path / "log").read_text()
        assert counters.silences > 0, "no kill hit a mark"
        assert_marked_once(app, counters)
        assert_whole(app, told=counters.told, relay=relay)
        tally.update(kills=KILLS, requests=counters.pressed + counters.silences, bookings=len(references))


def assert_marked_once(app: Flask, counters: Counters) -> None:
    """Every mark that was answered stands, with what it can be taken back to and its line in the log, once each."""
    with app.app_context():
        assert set(counters.told.values()) == {"served"}
        kept = Counter(map(tuple, db.session.execute(sa.select(Mark.appointment_id, Mark.verb))))
        assert set(kept.values()) == {1}
        assert len(kept) == len(MARKS) * len(counters.references)
        once = sa.select(Audit.verb).where(Audit.verb.in_(["check-in", "serve", "finish"]))
        logged = Counter(db.session.scalars(once))
        assert set(logged.values()) == {len(counters.references)}  # a call that was not answered is called again
        db.session.remove()
