"""Whether a worker's memory stays flat: ``make memory`` asks 100,000 times, mixed, and tells the PSS every 10,000.

A real gunicorn on SQLite; citizens' pages, free times, bookings, staff's day, search and PDFs. ``REQUESTS`` chooses
how many.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask

from bench import town
from bench.web import MOST_PSS, PAGE, PATH, Tree
from booking import clock, create_app
from booking.extensions import db
from tests import databases
from tests.clients import Client
from tests.colleagues import a_colleague
from tests.conftest import settings_for
from tests.serving import environment_for, free_port, serving

REQUESTS = int(os.environ.get("REQUESTS", "100000"))
WORKERS, STEPS, EVERY_PDF = 2, 10, 500
FLAT = 1.05  # the last reading may be so many times the second one
FREE = f"{PATH}/availability"
Ask = Callable[[], int]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-") as home:
        url = f"sqlite:///{home}/bench.sqlite3"
        app = create_app(settings_for(url))
        databases.migrate(app)
        with app.app_context():
            town.build()
            starts = town.free_starts()
            db.session.remove()
        cookie = _staff_cookie(app)
        with app.app_context():
            db.engine.dispose()
        environment = environment_for(url, port=free_port())
        with serving(environment, workers=WORKERS, jobs=False, log=Path(home) / "log") as server:
            _watch(server.url, Tree(tuple(server.workers())), starts, cookie)


def _staff_cookie(app: Flask) -> str:
    kept = a_colleague(app, "desk", town=town.TOWN).client.get_cookie("wartefrei", path="/staff")
    assert kept is not None
    return f"wartefrei={kept.value}"


def _watch(url: str, tree: Tree, starts: list[str], cookie: str) -> None:
    read: list[float] = []
    print(f"memory of a worker (PSS, MB) over {REQUESTS} mixed requests to {WORKERS} workers")
    # Two lines to each worker or so: gunicorn gives a new one to whoever is free.
    lines = [Client(url, number) for number in range(2 * WORKERS)]
    asks = [_asks(line, number, starts, cookie) for number, line in enumerate(lines)]
    for step in range(STEPS + 1):
        read.append(max(tree.pss()))
        print(f"{step * REQUESTS // STEPS:8} {read[-1]:6.1f}", flush=True)
        for number in range(REQUESTS // STEPS if step < STEPS else 0):
            status = next(asks[number % len(asks)])()
            assert status < 500, status
    growth = read[-1] / read[2]
    print(f"flat: {growth:.2f} × between {2 * REQUESTS // STEPS} and {REQUESTS}; {_verdict(growth, FLAT)}")
    print(f"most: {max(read):.0f} MB; {_verdict(max(read), MOST_PSS)}")
    for line in lines:
        line.close()


def _verdict(figure: float, aim: float) -> str:
    return f"aim {aim} {'met' if figure <= aim else 'MISSED'}"


def _asks(client: Client, number: int, starts: list[str], cookie: str) -> Iterator[Ask]:
    """What is asked over one line, round by round; a PDF now and then, and odd questions that nobody asks twice."""
    day = clock.now().date()
    office = f"/staff/{town.TOWN}.{town.BUSY}"
    wanted = {"office": town.BOOKED, "concerns": [{"id": "fundsache", "quantity": 1}]}

    def page(path: str, **headers: str) -> Ask:
        return lambda: client.ask("GET", path, **headers).status

    def booking(turn: int) -> Ask:
        start, key = starts[turn % len(starts)], f"memory-{number}-{turn}"
        return lambda: client.book(start, town=town.TOWN, key=key, **wanted).status

    for turn in itertools.count():
        yield page(f"{FREE}?concern=personalausweis", Accept_Encoding="gzip")
        yield page(f"{FREE}?concern=team-10&from={day}&lang=l{number}-{turn}")
        yield page(f"{FREE}?concern=team-100")
        yield page(PAGE)
        yield page(f"/{town.TOWN}/?lang=ar")
        yield booking(turn)
        yield page(f"{office}/day/{day}", Cookie=cookie)
        yield page(f"{PATH}/concerns?lang=en")
        if turn % (EVERY_PDF // STEPS) == 0:
            yield page(f"{office}/day/{day}/sheet.pdf", Cookie=cookie)


if __name__ == "__main__":
    main()
