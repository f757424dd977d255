"""A real PostgreSQL for one test run: started by whoever needs it first, ended when the run is over, however it ends.

Run as a script it is the keeper: ``postgres.py HOME PID`` makes a cluster in HOME, holds it for as long as process
PID lives (the pytest that people started), then stops it and removes HOME. So neither a killed run nor the order in
which parallel workers finish can leave a server behind. It listens on a socket in HOME and on no network address.
"""

import contextlib
import ctypes
import fcntl
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

SUPERUSER = "wartefrei"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the cluster dies with the run; no test pulls the plug on it
    "full_page_writes": "off",
    "max_connections": "200",  # gunicorn with 4 workers beside two test processes
    "timezone": "America/St_Johns",  # nothing of ours may lean on the server's zone
    "lc_messages": "C",
}


def ensure_running(home: Path, owner: int) -> str:
    """Start the cluster in ``home`` unless another process of this run did. Returns the URL of its first database."""
    with Path(f"{home}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            log = Path(f"{home}.log")
            _wait_for(home / "ready", _start_keeper(home, owner, log), log)
    return url(home, "postgres")


def url(home: Path, database: str) -> str:
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={home}"


def make_database(home: Path, name: str) -> str:
    """Make the database anew and return its URL."""
    with psycopg.connect(host=str(home), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    return url(home, name)


def _start_keeper(home: Path, owner: int, log: Path) -> int:
    """Start the keeper and forget it: it outlives the test process that needed it first. Returns its process id."""
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        sys.executable,
        [sys.executable, __file__, str(home), str(owner)],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), written, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _wait_for(ready: Path, keeper: int, log: Path) -> None:
    give_up = time.monotonic() + 60
    while not ready.exists():
        if os.waitpid(keeper, os.WNOHANG) != (0, 0) or time.monotonic() > give_up:
            raise RuntimeError(f"PostgreSQL did not start for the tests:\n{log.read_text()}")
        time.sleep(0.05)


def _program(name: str) -> str:
    """Return the newest server program of the machine; Debian keeps them out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise RuntimeError(f"PostgreSQL's {name} is missing; please type: apt-get install postgresql")
    return found


def _account() -> dict[str, Any]:
    """Return subprocess arguments for an account that may run PostgreSQL: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL refuses to run as root, and there is neither an account postgres nor nobody.")


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)


def keep(home: Path, owner: int) -> None:
    """Hold a cluster in ``home`` until process ``owner`` is gone."""
    account = _account()
    home.mkdir(mode=0o700)
    if account:
        os.chown(home, account["user"], account["group"])
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    cluster = home / "cluster"
    server = None
    try:
        watched = os.pidfd_open(owner)
        subprocess.run(
            [_program("initdb"), "-D", cluster, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            cwd=home,
            env=environment,
            **account,
        )
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        server = subprocess.Popen(
            [_program("postgres"), "-D", cluster, "-k", home, *settings],
            cwd=home,
            env=environment,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the keeper has one thread only
            **account,
        )
        _announce(home, server)
        select.select([watched], [], [])
        Path(f"{home}.log").unlink()  # it stays when something went wrong, for whoever waits to read
    finally:
        if server:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is needed any more
            server.wait()
        shutil.rmtree(home, ignore_errors=True)
        Path(f"{home}.lock").unlink(missing_ok=True)


def _announce(home: Path, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(host=str(home), user=SUPERUSER, dbname="postgres"),
        ):
            (home / "ready").touch()
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL ended while starting.")


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
