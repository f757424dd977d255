"""Three database machines on one: PostgreSQL under Patroni with etcd, from the files of deploy/, on loopback addresses.

Every file is taken as it is; exchanged are the places (all below one folder), the addresses and the passwords. What
differs from three machines: one etcd instead of three, and no watchdog.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres
from tests.operation.placing import placed, put
from tests.serving import DIRECTLY, end

NAMES = ("db1", "db2", "db3")
SQL, REST, ETCD = 5432, 8008, 2379
PATIENCE = 90.0
WORDS = {f"PASSWORD-OF-{who}": f"drill-{who.lower()}" for who in ("POSTGRES", "REPLICATOR", "REWINDER")}
OWNER, SECRET = "wartefrei", "drill-wartefrei"
Process = subprocess.Popen[bytes]


def addresses() -> dict[str, str]:
    """Return a loopback address for each machine of this process's own drill: 127.x.y.11 and so on."""
    number = os.getpid() % 60_000
    net = f"127.{10 + number // 250 % 240}.{number % 250}"
    return {name: f"{net}.{11 + place}" for place, name in enumerate(NAMES)}


def run(*command: str, folder: Path, name: str, environment: dict[str, str] | None = None) -> Process:
    """Start a program of the cluster as an account that may run PostgreSQL; its lines go to a file of its name."""
    base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}
    with (folder / f"{name}.log").open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=base | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
            **postgres._account(),  # noqa: SLF001 - one way to find an account for PostgreSQL is enough
        )


def owned(folder: Path) -> Path:
    """Make a folder that belongs to the account of PostgreSQL."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account := postgres._account():  # noqa: SLF001 - as above
        os.chown(folder, account["user"], account["group"])
    return folder


def until(condition: Any, what: str, *, patience: float = PATIENCE) -> Any:
    """Wait until something is so, and return it; RuntimeError says what never came."""
    give_up = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > give_up:
            raise RuntimeError(f"never came: {what}")
        time.sleep(0.1)
    return found


@dataclass
class Node:
    """One machine: its Patroni, which runs its PostgreSQL."""

    name: str
    address: str
    root: Path
    folder: Path
    data: Path
    patroni: Process | None = None

    def start(self) -> None:
        """Start Patroni; whatever the folder holds is rewound and follows the primary by itself."""
        config = f"{self.root}/etc/patroni/config.yml"
        self.patroni = run("/usr/bin/patroni", config, folder=self.folder, name=self.name)

    def ask(self, path: str, *, method: str = "GET", body: object = None) -> tuple[int, str]:
        """Ask Patroni's own HTTP server; status 0 when nobody is there."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}:{REST}{path}", data=data, method=method)
        try:
            with DIRECTLY.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def has_ended(self) -> bool:
        """Whether its Patroni has given up by itself."""
        return self.patroni is not None and self.patroni.poll() is not None

    def is_primary(self) -> bool:
        """Whether it holds the lock and takes writes."""
        return self.ask("/primary")[0] == 200

    def processes(self) -> dict[int, str]:
        """Return the processes that work in its data folder, the postmaster first: pid → what it is."""
        found = {}
        for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
            with contextlib.suppress(OSError):
                if (entry / "cwd").resolve() == self.data and (line := (entry / "cmdline").read_bytes()):
                    found[int(entry.name)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
        return found

    def lose(self) -> float:
        """Lose the machine: Patroni first, then the postmaster, then all its children. Returns time.time()."""
        if self.patroni is not None:
            self.patroni.kill()
            self.patroni.wait()
            self.patroni = None
        self._kill(self.processes())
        lost_at = time.time()
        until(lambda: not self.processes(), f"the end of {self.name}'s PostgreSQL", patience=20)
        return lost_at

    def freeze_senders(self) -> None:
        """Stop what sends to the standbys: a slow line, as far as the standbys can tell."""
        for pid, what in self.processes().items():
            if "walsender" in what:
                os.kill(pid, signal.SIGSTOP)

    def stop(self) -> None:
        """End Patroni, and with it PostgreSQL; whatever stays is killed."""
        if self.patroni is not None:
            end(self.patroni, patience=20)
            self.patroni = None
        self._kill(self.processes())

    @staticmethod
    def _kill(pids: Iterable[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclass
class Cluster:
    """All machines, and the etcd in which they agree who is primary."""

    root: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    etcd: Process | None = None

    def primary(self) -> Node:
        """Wait for the one that takes writes, and return it."""
        found: Node = until(
            lambda: next((node for node in self.nodes.values() if node.is_primary()), None), "a primary"
        )
        return found

    def members(self) -> list[dict[str, Any]]:
        """Return what Patroni knows of the machines; empty when nobody answers."""
        for node in self.nodes.values():
            status, text = node.ask("/cluster")
            if status == 200:
                return list(json.loads(text)["members"])
        return []

    def is_whole(self, *, standbys: int = 2) -> bool:
        """Whether there is one primary and so many followers, which run, on one timeline."""
        members = self.members()
        running = [each for each in members if each["state"] in {"running", "streaming"}]
        roles = [each["role"] for each in running]
        has_sync = "sync_standby" in roles or not self.is_synchronous()
        timelines = {each.get("timeline") for each in running}
        return roles.count("leader") == 1 and len(roles) == 1 + standbys and has_sync and len(timelines) == 1

    def is_synchronous(self) -> bool:
        """Whether commits wait for a second machine, as Patroni is configured now."""
        settings = (
            json.loads(text) for status, text in (node.ask("/config") for node in self.nodes.values()) if status == 200
        )
        return bool(next(settings, {}).get("synchronous_mode"))

    def wait_until_whole(self, *, standbys: int = 2) -> float:
        """Wait; return how many seconds it took."""
        begun = time.monotonic()
        until(lambda: self.is_whole(standbys=standbys), "a whole cluster")
        return time.monotonic() - begun

    def set(self, **settings: object) -> None:
        """Change what all machines have agreed on, as ``patronictl edit-config`` does."""
        status, text = self.primary().ask("/config", method="PATCH", body=settings)
        if status != 200:
            raise RuntimeError(f"Patroni refused {settings}: {status} {text}")

    def start_etcd(self) -> None:
        """Start etcd from its file in deploy/, as the only member."""
        folder = owned(self.root / "etcd")
        owned(Path(f"{self.root}/var/lib/etcd"))
        text = moved(placed("patroni/etcd", self.root))
        text = re.sub(r"(INITIAL_CLUSTER=db1=[^,]+),.*", r"\1", text)
        pairs = (line.split("=", 1) for line in text.splitlines() if line.startswith("ETCD_"))
        self.etcd = run("/usr/bin/etcd", folder=folder, name="etcd", environment=dict(map(tuple, pairs)))

    def stop_etcd(self) -> None:
        """End etcd."""
        if self.etcd is not None:
            end(self.etcd)
            self.etcd = None

    def url(self) -> str:
        """Return the DATABASE_URL that names every machine and wants the one that takes writes."""
        hosts = "&".join(f"host={node.address}:{SQL}" for node in self.nodes.values())
        return f"postgresql+psycopg://{OWNER}:{SECRET}@/{OWNER}?{hosts}&target_session_attrs=read-write"

    def make_database(self) -> None:
        """Make the account and the database of the service."""
        superuser = f"host={self.primary().address} port={SQL} user=postgres password={WORDS['PASSWORD-OF-POSTGRES']}"
        with psycopg.connect(f"{superuser} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{SECRET}'".encode())
            connection.execute(f"CREATE DATABASE {OWNER} OWNER {OWNER} TEMPLATE template0".encode())


def moved(text: str) -> str:
    """Give the machines of a file of deploy/ the addresses of this drill."""
    for place, address in enumerate(addresses().values()):
        text = text.replace(f"10.0.0.{11 + place}", address)
    return text.replace("10.0.0.0/24", "127.0.0.0/8")  # whence the kernel comes on the loopback interface


def _node(name: str, address: str, root: Path) -> Node:
    """Write the file of one machine below a folder of its own."""
    own = root / name
    for folder in ("", "/var/lib/postgresql", "/var/lib/postgresql/15", "/var/run/postgresql"):
        owned(Path(f"{own}{folder}"))
    mine = {"name: db1": f"name: {name}", "listen: 10.0.0.11": f"listen: {address}"}
    mine |= {"connect_address: 10.0.0.11": f"connect_address: {address}", 'mode: "automatic"': 'mode: "off"'}
    mine |= WORDS | {"/usr/lib/postgresql/15/bin": str(Path(postgres._program("initdb")).parent)}  # noqa: SLF001 - as above
    config = put(own, "/etc/patroni/config.yml", moved(placed("patroni/patroni.yml", own, mine)))
    for path in (config, *list(config.parents)[:2]):
        path.chmod(0o644 if path == config else 0o755)
    data = Path(f"{own}/var/lib/postgresql/15/wartefrei")
    return Node(name, address, own, own, data)


def taken_port() -> str | None:
    """Return an address of the drill at which somebody listens already; None if all are free."""
    for address in addresses().values():
        for port in (SQL, REST, ETCD):
            with socket.socket() as probe:
                try:
                    probe.bind((address, port))
                except OSError:
                    return f"{address}:{port}"
    return None


@contextlib.contextmanager
def three_nodes(root: Path) -> Iterator[Cluster]:
    """Run the cluster until the block ends; afterwards nothing of it runs any more."""
    if taken := taken_port():
        raise RuntimeError(f"somebody listens at {taken} already")
    root.chmod(0o755)
    cluster = Cluster(root, {name: _node(name, address, root) for name, address in addresses().items()})
    try:
        cluster.start_etcd()
        first, *others = cluster.nodes.values()
        first.start()
        until(lambda: first.is_primary() or first.has_ended(), "the first primary")
        if first.has_ended():
            raise RuntimeError((first.folder / f"{first.name}.log").read_text()[-3000:])
        for node in others:
            node.start()
        cluster.wait_until_whole()
        yield cluster
    finally:
        for node in sorted(cluster.nodes.values(), key=Node.is_primary):  # the primary last: nobody needs to follow it
            node.stop()
        cluster.stop_etcd()
