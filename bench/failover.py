"""``make failover``: the primary of three PostgreSQL machines is killed ten times while people book.

``python -m bench.failover [--kills N] [--through pgbouncer] [--events] [--asynchronous]``: ``--events`` adds a planned
switchover, the loss of the synchronous standby and of etcd; ``--asynchronous`` instead shows that the drill would see a
loss: there it must. Ends with 1 if a figure is not as it must be. Each kill takes three quarters of a minute.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import sqlalchemy as sa

from bench.crowd.figures import exactly, verdict
from bench.standby.events import BACK_WITHIN, HEAD, Drill
from bench.standby.nodes import three_nodes
from bench.standby.people import booking
from bench.standby.stage import Scene, look_anew, scene
from booking import clock
from booking.actions.check_deployment import check_deployment
from booking.extensions import db
from tests.ownership import wrong_in
from tools.check_tables import wrong_letters

TWICE = sa.text("SELECT email, count(*) FROM appointment GROUP BY email HAVING count(*) > 1")
NO_LETTER_FOR = 60.0


def main() -> None:
    """Run the drill and say whether every figure is as it must be."""
    asked = _asked()
    signal.signal(signal.SIGTERM, _end)  # everything that was started is ended on the way out
    sys.exit(
        0 if drill(kills=asked.kills, through=asked.through, events=asked.events, is_blind=asked.asynchronous) else 1
    )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--through", default="nothing", choices=["nothing", "pgbouncer"])
    parser.add_argument("--events", action="store_true", help="also a switchover, a dead standby, etcd away")
    parser.add_argument("--asynchronous", action="store_true", help="one kill, frozen senders, no waiting: must lose")
    return parser.parse_args()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def drill(*, kills: int, through: str = "nothing", events: bool = False, is_blind: bool = False) -> bool:
    """Run it; return whether all is as it must be."""
    with (
        tempfile.TemporaryDirectory(prefix="wf-drill-") as folder,
        three_nodes(Path(folder)) as cluster,
        scene(cluster, Path(folder), through=through) as running,
    ):
        if is_blind:
            cluster.set(synchronous_mode=False)
            cluster.wait_until_whole()
        with booking(running.crowd):
            done = Drill(running)
            print(HEAD, flush=True)
            _happen(done, kills, events=events, is_asynchronous=is_blind)
        return _lost_something(done) if is_blind else _report(done)
    raise AssertionError("unreachable")


def _happen(done: Drill, kills: int, *, events: bool, is_asynchronous: bool) -> None:
    if is_asynchronous:
        done.kill_frozen()
        return
    for number in range(1, kills + 1):
        done.kill_primary(number)
    if events:
        done.switch_over()
        done.kill_standby()
        done.lose_etcd()


def _lost_something(done: Drill) -> bool:
    return exactly("asynchronous: bookings lost, or the drill is blind", done.lost > 0, wanted=True)


def _report(done: Drill) -> bool:
    running = done.scene
    crowd = running.crowd
    answers = ", ".join(f"{status}×{number}" for status, number in sorted(crowd.statuses.items()))
    print(f"answers: {answers} (0: none came)")
    print("; ".join(f"{path} {status}×{number}" for (path, status), number in sorted(crowd.health.items())))
    ill = {what: number for what, number in crowd.health.items() if what[0] == "/healthz" and what[1] != 200}
    look_anew()
    letters = _letters(running)
    return all(
        [
            verdict("longest time until somebody could book", max(row.back for row in done.rows), BACK_WITHIN, " s"),
            exactly("acknowledged and lost", crowd.ledger.lost()[:20], []),
            exactly("dead by /healthz", ill, {}),
            exactly("booked twice", db.session.execute(TWICE).all(), []),
            exactly("503 without Retry-After", crowd.without_retry_after, 0),
            exactly("overlaps and wrong cells", wrong_in(db.session.connection(), clock.now()), {}),
            exactly("letters unsent, or from nowhere", letters, {}),
            exactly("doctor", _findings(), []),
            exactly("job process lives", _lives(running), wanted=True),
        ]
    )


def _lives(running: Scene) -> bool:
    return running.stage.server.jobs is not None and running.stage.server.jobs.poll() is None


def _letters(running: Scene) -> dict[str, int]:
    """Wait as long as letters arrive for those that are due; return what is wrong then, by kind."""
    seen, give_up = 0, 0.0
    while True:
        arrived = Counter(str(message["Message-ID"]) for message in list(running.stage.relay.taken))
        wrong = wrong_letters(db.session.connection(), arrived)
        db.session.rollback()
        if arrived.total() > seen:
            seen, give_up = arrived.total(), time.monotonic() + NO_LETTER_FOR
        if not wrong or time.monotonic() > give_up:
            print(f"letters: {len(arrived)} arrived, {seen - len(arrived)} of them twice with one id")
            return {kind: len(rows) for kind, rows in wrong.items()}
        time.sleep(1)


def _findings() -> list[str]:
    return [each.sentence for each in check_deployment(now=clock.now()) if each.is_fault]


if __name__ == "__main__":
    main()
