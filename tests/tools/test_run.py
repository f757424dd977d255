"""`make run`: everything from nothing, and nothing left behind."""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import DIRECTLY, PATIENCE, ROOT

pytestmark = pytest.mark.faults
NOT_IN_A_CLONE = (
    "node_modules",
    "instance",
    "build",
    ".*cache",
    ".hypothesis",
    ".coverage*",
    ".git",
    ".venv",
)


class Run:
    """`make run` in a checkout of its own, less the set-up that this test's own Python stands for."""

    def __init__(self, checkout: Path, *flags: str, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self.log = checkout / "run.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "tools/run.py", *flags],
                cwd=checkout,
                env=kept | {"WEB_CONCURRENCY": "1"} | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def until_it_says(self, words: str, patience: float = PATIENCE) -> str:
        give_up = time.monotonic() + patience
        while words not in self.said() and self.process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.1)
        assert words in self.said(), self.said()
        return self.said()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    def end(self, with_signal: signal.Signals) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "checkout"
    return Path(shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE)))


@pytest.fixture
def checkout(clone: Path) -> Iterator[Path]:
    """A checkout in which nothing was ever started."""
    yield clone
    shutil.rmtree(clone / "instance", ignore_errors=True)


@pytest.fixture
def run(checkout: Path) -> Iterator[type[Run]]:
    started: list[Run] = []

    def start(*flags: str, **environment: str) -> Run:
        started.append(Run(checkout, *flags, **environment))
        return started[-1]

    yield start  # type: ignore[misc]
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGTERM)


def wait_until_gone(pids: list[int]) -> list[int]:
    """Return those that are still there after a while; a zombie is gone.

    Longer than gunicorn's graceful_timeout: a worker that is told to end while it is born misses it and is killed then.
    """
    give_up = time.monotonic() + PATIENCE
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < give_up:
        time.sleep(0.1)
    return left


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_everything_comes_up_from_nothing_and_ends_on_request(run, checkout, free_port):
    running = run(PORT=str(free_port))
    said = running.until_it_says("Ctrl-C ends it")
    assert f"http://localhost:{free_port}/api/v1/docs" in said
    mailbox, homepage = (said.split(name, 1)[1].split()[0] for name in ("Mailbox", "Sample homepage"))
    for address in (f"http://127.0.0.1:{free_port}/readyz", mailbox, homepage, f"{homepage}rahmen"):
        with DIRECTLY.open(address) as answer:
            assert answer.status == 200
    with DIRECTLY.open(f"http://localhost:{free_port}/schwarmstedt/?frame=1") as answer:
        assert homepage.rstrip("/") in answer.headers["Content-Security-Policy"]
    assert (checkout / "instance").stat().st_mode & 0o077 == 0
    assert counted(checkout, "SELECT count(*) FROM appointment") == 0  # nobody is invented without being asked
    assert counted(checkout, "SELECT count(*) FROM login") == 4
    children = running.children()
    assert len(children) == 4
    assert running.end(signal.SIGINT) == 0
    assert wait_until_gone(children) == []


def test_no_mailbox_is_made_up_where_letters_have_a_relay_and_one_dead_process_ends_all(run, free_port):
    running = run(PORT=str(free_port), MAIL_SERVER="relay.example.org")
    assert "relay.example.org" in running.until_it_says("Ctrl-C ends it")
    homepage, web, jobs = running.children()
    os.kill(jobs, signal.SIGKILL)
    assert running.process.wait(PATIENCE) == 1
    assert "The job process has ended" in running.said()
    assert wait_until_gone([homepage, web]) == []


def test_a_taken_port_is_named(run, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        running = run(PORT=str(free_port))
        assert running.process.wait(PATIENCE) == 1
    assert running.said().startswith(f"Port {free_port} is taken")


def test_every_wrong_setting_is_named_before_anything_is_made(run, checkout):
    running = run(PORT="eighty", MAIL_SERVER="relay.example.org", MAIL_USE_TLS="perhaps")
    assert running.process.wait(PATIENCE) == 1
    assert [line.split()[0] for line in running.said().splitlines()] == ["PORT", "MAIL_USE_TLS"]
    assert not list(checkout.glob("instance/*.sqlite3"))


def counted(checkout: Path, query: str) -> int:
    (file,) = checkout.glob("instance/*.sqlite3")
    with contextlib.closing(sqlite3.connect(file)) as database:
        return int(database.execute(query).fetchone()[0])


def test_a_wish_to_stop_that_a_fork_swallows_is_heard_all_the_same(run, checkout, tmp_path, free_port):
    at_fork = "lambda: os.kill(os.getpid(), signal.SIGTERM)"
    hook = f"if 'tools/run.py' in sys.orig_argv: os.register_at_fork(after_in_parent={at_fork})"
    (tmp_path / "sitecustomize.py").write_text(f"import os, signal, sys\n{hook}\n")
    running = run(PORT=str(free_port), PYTHONPATH=str(tmp_path))
    assert running.process.wait(3 * PATIENCE) == 0
    assert "Exception ignored" in running.said()
    assert "Wartefrei is being stopped" in running.said()


def test_the_demo_fills_the_schedule_once_writes_to_nobody_and_ends_with_a_killed_runner(run, checkout, free_port):
    first = run("--demo", PORT=str(free_port))
    said = first.until_it_says("Ctrl-C ends it", 3 * PATIENCE)  # a few hundred bookings come first
    assert re.search(r"^  Staff +http://localhost:\d+/staff/$", said, re.MULTILINE)
    assert "demo logins         empfang, telefon, leitung, admin; password: " in said
    people = counted(checkout, "SELECT count(*) FROM appointment")
    assert people > 50
    assert counted(checkout, "SELECT count(*) FROM letter WHERE status = 'waiting'") == 0
    assert counted(checkout, "SELECT count(*) FROM appointment WHERE uid NOT LIKE '%@demo.invalid'") == 0
    others = "email <> '' AND email NOT LIKE '%@example.org'"
    assert counted(checkout, f"SELECT count(*) FROM appointment WHERE {others}") == 0
    children = first.children()
    first.end(signal.SIGKILL)
    assert wait_until_gone(children) == []
    again = run("--demo", PORT=str(free_port))
    again.until_it_says("0 invented appointments were added", 3 * PATIENCE)
    assert counted(checkout, "SELECT count(*) FROM appointment") == people
    assert counted(checkout, "SELECT count(*) FROM login") == 4
