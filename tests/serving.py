"""The service as operators run it, for tests: gunicorn and the job process as children, over HTTP on the loopback.

``with serving(environment_for(url, port=free_port), workers=4) as server: …`` starts both and ends both by their ids.
"""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The script, not `-m gunicorn`: that one's own folder comes first in sys.path when USR2 starts it anew, and its `http`
# hides Python's.
WEB = (str(Path(sys.executable).with_name("gunicorn")), "-c", "config/gunicorn.py", "wsgi:app")
PATIENCE = 60  # seconds that a start may take on a busy machine
PORTS = range(20_000, 30_000, 5)  # in fives: `make run` takes the next three as well
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_turns = itertools.count(os.getpid())  # not where another run on this machine began


@dataclass(frozen=True)
class Server:
    """A running service: its address, and its processes for those who want to kill one."""

    url: str
    web: "subprocess.Popen[bytes]"
    jobs: "subprocess.Popen[bytes] | None"
    environment: dict[str, str]
    log: Path

    def workers(self) -> list[int]:
        """Return the process ids of gunicorn's workers at this moment."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def start_jobs(self) -> "subprocess.Popen[bytes]":
        """Start one more job process; who starts it ends it by ``end``."""
        return start("-m", "flask", "--app", "wsgi", "jobs", environment=self.environment, log=self.log)


def environment_for(database_url: str, *, port: int, **others: object) -> dict[str, str]:
    """Return a whole environment for the service; nothing of a developer's own settings gets in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    chosen = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a key that only the tests know, of 48 characters",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": port,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": 9,
        "MAIL_DEFAULT_SENDER": "termine@example.org",
    }
    return kept | {name: str(value) for name, value in (chosen | others).items()}


def free_port() -> int:
    """Return a TCP port of the loopback interface on which nobody listens, nor on the four after it by our doing.

    None of those that the system gives to every connection and to whoever asks for any: between here and the start of a
    server another test process would be given it. Parallel processes have ports of their own, and count through them.
    """
    mine = PORTS[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4 :: 4]
    for turn in itertools.islice(_turns, len(mine)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", mine[turn % len(mine)]))
            return mine[turn % len(mine)]
    raise RuntimeError(f"No port from {mine[0]} to {mine[-1]} is free.")


def flask(*command: str, environment: Mapping[str, str]) -> str:
    """Run one command of the service to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def serving(
    environment: dict[str, str], *, workers: int = 2, jobs: bool = True, log: Path, house: Path = ROOT
) -> Iterator[Server]:
    """Run web (and job) process on a migrated database until the block ends; their lines go to the file ``log``.

    ``house`` is the folder of another release.
    """
    environment = environment | {"WEB_CONCURRENCY": str(workers)}
    url = f"http://127.0.0.1:{environment['PORT']}"
    web = start(*WEB, environment=environment, log=log, house=house)
    job = start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=log, house=house) if jobs else None
    try:
        wait_until_alive(f"{url}/healthz", web, log)
        server = Server(url=url, web=web, jobs=job, environment=environment, log=log)
        while len(server.workers()) < workers:
            if web.poll() is not None:
                raise RuntimeError(f"gunicorn ended:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)
        yield server
    finally:
        for process in (job, web):
            if process:
                end(process)


def start(*command: str, environment: dict[str, str], log: Path, house: Path = ROOT) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=house,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def wait_until_alive(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError):
            DIRECTLY.open(url, timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')[-4000:]}")


def end(process: "subprocess.Popen[bytes]", *, patience: float = 15) -> int:
    """End a process politely, then its whole session by force. Returns its exit status."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
