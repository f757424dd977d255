"""What the day schedule costs: loading it, and its page, for ten clerks with twenty appointments each.

``python -m bench.day``; CPU of this process in ms, the middle of many rounds. The aim is design.md's: 150 ms a page.
"""

import re
import tempfile
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from flask import Flask, has_app_context

from booking import create_app
from booking.actions.day_schedule import day_schedule
from booking.extensions import db
from tests import databases
from tests.builders import NINE
from tests.colleagues import a_colleague
from tests.conftest import settings_for
from tests.full_day import a_full_day

ROUNDS = 30
STAFF, EVERY, POLLS = 30, 3.5, 20  # people who look, seconds between their questions; polls a round
AIM = 150
PLACE = "musterstadt", "buergerbuero"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-") as home:
        app = create_app(settings_for(f"sqlite:///{Path(home)}/bench.sqlite3"))
        databases.migrate(app)
        with app.app_context():
            a_full_day()
            load = _middle(lambda: day_schedule(*PLACE, NINE.date(), now=NINE))
            queries = _queries(lambda: day_schedule(*PLACE, NINE.date(), now=NINE))
            db.session.remove()
        print(f"loading the day: {load:.1f} ms, {queries} queries")
        page, poll = _page(app), _poll(app)
        print(f"its page: {page:.1f} ms; aim {AIM} {'met' if page <= AIM else 'MISSED'}")
        share = STAFF / EVERY * poll / 10
        print(f"nothing new: {poll:.2f} ms a poll; {STAFF} people every {EVERY} s: {share:.1f} % of a core")
        with app.app_context():
            db.engine.dispose()


def _page(app: Flask) -> float:
    somebody = a_colleague(app, "desk")
    address = f"/staff/{'.'.join(PLACE)}/day/{NINE.date()}"
    assert somebody.get(address).status_code == 200, address
    return _middle(lambda: somebody.get(address))


def _poll(app: Flask) -> float:
    somebody = a_colleague(app, "desk")
    address = f"/staff/{'.'.join(PLACE)}/day/{NINE.date()}"
    shown = re.search(r'data-version="([^"]+)"', somebody.get(address).text)
    assert shown
    asked = f"{address}/changes?version={shown[1]}"
    assert somebody.get(asked).status_code == HTTPStatus.NO_CONTENT
    return _middle(lambda: [somebody.get(asked, headers={"X-Poll": "1"}) for _ in range(POLLS)]) / POLLS


def _middle(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
        if has_app_context():
            db.session.rollback()
    return median(taken)


def _queries(call: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in seen if statement.lstrip().upper().startswith("SELECT")])


if __name__ == "__main__":
    main()
