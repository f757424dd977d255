"""A PostgreSQL of one test's own, to be stopped, crashed and started again: `postgres` run as a child, on a socket."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import psycopg

from tests import postgres

STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}  # what `pg_ctl stop -m` sends
DURABLE = postgres.SETTINGS | {"fsync": "on", "full_page_writes": "on", "max_connections": "60"}


class Cluster:
    """The server; ``url`` is the address of its first database."""

    def __init__(self, home: Path, clock: Mapping[str, str]) -> None:
        self.home = home
        self._clock = clock
        self.url = postgres.url(home, "postgres")
        self._server: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        account = postgres._account()
        if account:
            os.chown(self.home, account["user"], account["group"])
        command = [postgres._program("initdb"), "-D", self.home / "cluster", "-U", postgres.SUPERUSER, "-A", "trust"]
        self._run([*command, "-E", "UTF8", "--no-sync"]).wait()

    def start(self) -> None:
        settings = [f"--{name}={value}" for name, value in DURABLE.items()]
        command = [postgres._program("postgres"), "-D", self.home / "cluster", "-k", self.home, *settings]
        self._server = self._run(command)
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            with contextlib.suppress(psycopg.OperationalError):
                self.ask("SELECT 1")
                return
            time.sleep(0.05)
        raise RuntimeError((self.home / "log").read_text())

    def stop(self, mode: str) -> None:
        if self._server is not None:
            self._server.send_signal(STOP[mode])
            self._server.wait()
            self._server = None

    def kill(self) -> None:
        """Kill the postmaster as a machine would; its children see it and end, then ``start`` may recover."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()
        self._server = None
        give_up = time.monotonic() + 60
        while any(self._is_ours(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            assert time.monotonic() < give_up, "PostgreSQL's children outlive it"
            time.sleep(0.02)

    def _is_ours(self, process: Path) -> bool:
        with contextlib.suppress(OSError):
            return (process / "cwd").resolve() == (self.home / "cluster").resolve()
        return False

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(host=str(self.home), user=postgres.SUPERUSER, dbname="postgres") as connection:
            return connection.execute(query.encode()).fetchall()

    def _run(self, command: list[object]) -> "subprocess.Popen[bytes]":
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=self.home,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(self._clock),
                stdout=log,
                stderr=log,
                preexec_fn=postgres._die_with_parent,  # noqa: PLW1509 - made before the test starts any thread
                **postgres._account(),
            )


@contextlib.contextmanager
def own_cluster(home: Path, clock: Mapping[str, str] = MappingProxyType({})) -> Iterator[Cluster]:
    """Make and run a cluster until the block ends, then remove it. A socket's path must be short: ``home`` is.

    ``clock``: what ``faketime`` returns, for one whose clock is wrong.
    """
    home.mkdir(mode=0o700)
    cluster = Cluster(home, clock)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
