"""The real service before the three machines: two web processes, a job process, a relay; with a pooler if asked."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time as wall
from pathlib import Path

import sqlalchemy as sa

from bench.crowd.stage import Stage, opened
from bench.standby.nodes import OWNER, SECRET, Cluster, moved, owned, run, until
from bench.standby.people import TOWN, Crowd
from booking import create_app
from booking.extensions import db
from booking.models import Block, Municipality, Office
from booking.rules.secrets import Keyring
from tests import databases
from tests.builders import a_clerk, a_municipality
from tests.clients import Client
from tests.conftest import settings_for
from tests.operation.placing import placed, put
from tests.serving import end, free_port

CLERKS = 20
POLICY = {"max_open_per_network": 10**6, "proof_above": 100_000, "lead_minutes": 0}
FOUND_AGAIN = b"found again by its key"


@dataclass
class Scene:
    """Everything that is running, and what was seen so far."""

    cluster: Cluster
    stage: Stage
    crowd: Crowd

    def found_again(self) -> int:
        """Return how often a commit whose answer was lost has been found by its key, until now."""
        return self.stage.server.log.read_bytes().count(FOUND_AGAIN)


@contextlib.contextmanager
def scene(cluster: Cluster, home: Path, *, through: str) -> Iterator[Scene]:
    """Make a town in the cluster and run the service until the block ends; ``through``: nothing, or pgbouncer."""
    cluster.make_database()
    app = create_app(settings_for(cluster.url()))
    databases.migrate(app)
    way = pooled(home) if through == "pgbouncer" else contextlib.nullcontext(cluster.url())
    with way as url, app.app_context():
        _found_a_town()
        try:
            key = app.config["SECRET_KEY"]
            with opened(app, url, home, workers=2, SECRET_KEY=key) as stage:
                with Client(stage.server.url) as reader:
                    starts = [start for start in reader.starts(town=TOWN) for _clerk in range(CLERKS)]
                yield Scene(cluster, stage, Crowd(stage.server.url, starts, Keyring.of(key)))
        finally:
            look_anew()


def look_anew() -> None:
    """Forget this process's own connections: they lead to machines that are gone."""
    db.session.remove()
    db.engine.dispose()


def _found_a_town() -> None:
    place = a_municipality(TOWN, policy=POLICY)
    office = db.session.scalars(sa.select(Office)).one()
    for number in range(2, CLERKS + 1):
        a_clerk(place, office, f"platz{number}")
    for block in db.session.scalars(sa.select(Block)):
        block.start, block.end = wall(7), wall(19)
    db.session.get_one(Municipality, place.id).revision += 1
    db.session.commit()


@contextlib.contextmanager
def pooled(home: Path) -> Iterator[str]:
    """Run HAProxy and PgBouncer by their files in deploy/ until the block ends; yield the DATABASE_URL through them."""
    outer = free_port()
    root = owned(home / "pooler")
    balancer, pooler = _pooler_files(root, free_port(), outer)
    started = [
        run("/usr/sbin/haproxy", "-db", "-f", str(balancer), folder=root, name="haproxy"),
        run("/usr/sbin/pgbouncer", str(pooler), folder=root, name="pgbouncer"),
    ]
    try:
        url = f"postgresql+psycopg://{OWNER}:{SECRET}@127.0.0.1:{outer}/{OWNER}"
        until(lambda: _answers(url), "an answer through PgBouncer", patience=30)
        yield url
    finally:
        for process in started:
            end(process)


def _pooler_files(root: Path, inner: int, outer: int) -> tuple[Path, Path]:
    """Write what HAProxy (at port ``inner``) and PgBouncer (at ``outer``) read, and return where it stands."""
    for folder in ("/var/log/postgresql", "/run/postgresql"):
        owned(Path(f"{root}{folder}"))
    server, own = "host=127.0.0.1 port=5432", "listen_port = 6432"
    words = {server: f"host=127.0.0.1 port={inner}", own: f"listen_port = {outer}"}
    balancer = moved(placed("patroni/haproxy.cfg", root, {"127.0.0.1:5433": f"127.0.0.1:{inner}"}))
    put(root, "/etc/pgbouncer/userlist.txt", f'"{OWNER}" "{SECRET}"\n')
    pooler = put(root, "/etc/pgbouncer/pgbouncer.ini", placed("pgbouncer/pgbouncer.ini", root, words))
    return put(root, "/etc/haproxy/haproxy.cfg", balancer), pooler


def _answers(url: str) -> bool:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args={"prepare_threshold": None})
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(sa.text("SELECT 1")))
    except sa.exc.OperationalError:
        time.sleep(0.5)
        return False
