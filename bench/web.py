"""What a request costs the web workers, beside bare Flask routes under the same gunicorn: part of `make bench`.

Worker CPU (user and system time of gunicorn's processes, to the nanosecond, from /proc) per request; the cases are run
in turn, round by round, so that neighbours on the machine disturb all of them alike. ``ENGINE=sqlite`` measures SQLite.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import teams, town
from booking import create_app
from booking.extensions import db
from tests import databases, postgres
from tests.clients import Client
from tests.conftest import settings_for
from tests.serving import end, environment_for, free_port, serving, start, wait_until_alive

ROUNDS = 9
WORKERS = 2
MOST_PSS = 90
PATH = f"/api/v1/municipalities/{town.TOWN}"
PAGE = f"/{town.TOWN}/"
SELECT, INSERT = "bare route with one SELECT", "bare route with one INSERT"


@dataclass
class Case:
    """Something to ask, how often a round, beside what it is measured and how many times that it may cost."""

    name: str
    ask: Callable[[], int]
    times: int
    beside: str = ""
    aim: float | None = None
    before: Callable[[], object] = lambda: None
    costs: list[float] = field(default_factory=list)  # ms per request, one a round


@dataclass(frozen=True)
class Tree:
    """The workers of one gunicorn."""

    pids: tuple[int, ...]

    def cpu(self) -> float:
        """Return the milliseconds that all threads of the workers have spent on a processor."""
        stats = (stat for pid in self.pids for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e6

    def pss(self) -> list[float]:
        """Return each worker's proportional share of memory in MB."""
        texts = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.pids)
        return [int(text.partition("\nPss:")[2].split()[0]) / 1024 for text in texts]


def main() -> None:
    """Measure and print, on both engines unless ``ENGINE`` names one."""
    for engine in os.environ.get("ENGINE", "postgresql sqlite").split():
        _bench(engine)
        print()


def _bench(engine: str) -> None:
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-") as home, _database(engine, Path(home)) as url:
        app = create_app(settings_for(url))
        databases.migrate(app)
        with app.app_context():
            town.build()
            _measure(url, Path(home) / "log", engine)
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def _database(engine: str, home: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{home}/bench.sqlite3"
        return
    # Its keeper ends it together with this process.
    cluster = Path(tempfile.gettempdir()) / f"wartefrei-bench-{os.getpid()}"
    postgres.ensure_running(cluster, os.getpid())
    yield postgres.make_database(cluster, "bench")


def _measure(url: str, log: Path, engine: str) -> None:
    environment = environment_for(url, port=free_port())
    bare_environment = environment | {"PORT": str(free_port()), "WEB_CONCURRENCY": str(WORKERS)}
    bare_url = f"http://127.0.0.1:{bare_environment['PORT']}"
    bare = start("-m", "gunicorn", "-c", "config/gunicorn.py", "bench.bare:app", environment=bare_environment, log=log)
    try:
        with serving(environment, workers=WORKERS, jobs=False, log=log) as server:
            wait_until_alive(f"{bare_url}/healthz", bare, log)
            while len(_children(bare.pid)) < WORKERS:
                time.sleep(0.05)
            ours, theirs = Tree(tuple(server.workers())), Tree(_children(bare.pid))
            with Client(server.url) as client, Client(bare_url) as other:
                cases = _cases(client, other)
                for case in cases:
                    _warm(case)
                for _ in range(ROUNDS):
                    for case in cases:
                        _run(case, theirs if case.name.startswith("bare") else ours)
            _print(cases, ours.pss(), engine)
    finally:
        end(bare)


def _children(pid: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _cases(client: Client, other: Client) -> list[Case]:
    starts, numbers = iter(town.free_starts()), iter(range(1_000_000))

    def booking() -> int:
        wanted = {"office": town.BOOKED, "concerns": [{"id": "fundsache", "quantity": 1}]}
        return client.book(next(starts), town=town.TOWN, key=f"bench-{next(numbers)}", **wanted).status

    return [
        Case("bare route", lambda: other.ask("GET", "/healthz").status, 100),
        Case(SELECT, lambda: other.ask("GET", "/select").status, 100),
        Case(INSERT, lambda: other.ask("POST", "/insert").status, 60),
        *(case for size in teams.SIZES for case in _availability(client, size)),
        Case("booking", booking, 40, INSERT, 2.5),
        Case("page of concerns", lambda: client.ask("GET", PAGE).status, 40, SELECT),
    ]


def _availability(client: Client, size: int) -> Iterator[Case]:
    free, told = f"{PATH}/availability?concern={teams.office_of(size)}", {"Accept_Encoding": "gzip"}
    changes = teams.change(size)

    def known() -> int:
        return client.ask("GET", free, If_None_Match=etags[free]).status

    def remember() -> None:
        if free not in etags:
            etags[free] = client.ask("GET", free).headers["ETag"]

    clerks = f"{size} clerk{'s' if size > 1 else ''}"
    etags: dict[str, str] = {}
    yield Case(f"28 days, {clerks}, warm", lambda: client.ask("GET", free).status, 60, SELECT, 1.3)
    yield Case(f"28 days, {clerks}, warm, gzip", lambda: client.ask("GET", free, **told).status, 60, SELECT, 1.3)
    yield Case(f"28 days, {clerks}, 304", known, 60, SELECT, 1.0, before=remember)
    yield Case(f"28 days, {clerks}, cold", lambda: client.ask("GET", free).status, 20, SELECT, 4, lambda: next(changes))


def _warm(case: Case) -> None:
    """Every worker has answered before anything is measured: they load what they need at the first request."""
    for _ in range(8 * WORKERS):
        case.before()
        status = case.ask()
        assert status in {200, 201, 304}, f"{case.name} was answered with {status}"


def _run(case: Case, tree: Tree) -> None:
    spent = 0.0
    for _ in range(case.times):
        case.before()
        begun = tree.cpu()
        status = case.ask()
        spent += tree.cpu() - begun
        assert status in {200, 201, 304}, f"{case.name} was answered with {status}"
    case.costs.append(spent / case.times)


def _print(cases: list[Case], pss: list[float], engine: str) -> None:
    costs = {case.name: case.costs for case in cases}
    print(f"{engine}: worker CPU, ms per request, {ROUNDS} rounds in turn")
    print(f"{'case':30} {'min':>7} {'median':>7} {'max':>7}   times what (min, median, max of the rounds)")
    for case in cases:
        line = f"{case.name:30} {min(case.costs):7.2f} {median(case.costs):7.2f} {max(case.costs):7.2f}"
        if case.beside:
            ratios = [mine / its for mine, its in zip(case.costs, costs[case.beside], strict=True)]
            line += f"   {min(ratios):5.2f} {median(ratios):5.2f} {max(ratios):5.2f} × {case.beside}"
            line += _verdict(median(ratios), case.aim)
        print(line)
    print(f"memory of a worker (PSS): {max(pss):.0f} MB{_verdict(max(pss), MOST_PSS)}")
    print(json.dumps({case.name: round(median(case.costs), 3) for case in cases}))


def _verdict(figure: float, aim: float | None) -> str:
    if aim is None:
        return ""
    return f"; aim {aim} met" if figure <= aim else f"; aim {aim} MISSED by {figure / aim - 1:.0%}"


if __name__ == "__main__":
    main()
