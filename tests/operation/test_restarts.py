"""A restart of the web process as systemd does it: the socket stays open, and nobody is turned away."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from booking import create_app
from tests import databases
from tests.conftest import settings_for
from tests.serving import DIRECTLY, ROOT, end, environment_for, wait_until_alive

pytestmark = [pytest.mark.faults, pytest.mark.long]
GUNICORN = "-m gunicorn -c config/gunicorn.py wsgi:app"


def start_at(listening: socket.socket, environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start gunicorn with an open socket as its descriptor 3 (sd_listen_fds)."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [
                "sh",
                "-c",
                'export LISTEN_PID=$$; exec "$0" -m gunicorn -c config/gunicorn.py wsgi:app 3<&0',
                sys.executable,
            ],
            cwd=ROOT,
            env=environment | {"LISTEN_FDS": "1", "WEB_CONCURRENCY": "1"},
            stdin=listening,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def test_no_request_fails_while_the_web_process_restarts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    databases.migrate(create_app(settings_for(url)))
    stop, answers = threading.Event(), []

    def ask(address: str) -> None:
        while not stop.is_set():
            try:
                with DIRECTLY.open(f"{address}/readyz", timeout=60) as answer:
                    answers.append(str(answer.status))
            except OSError as problem:
                answers.append(repr(problem))

    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        address, log = f"http://127.0.0.1:{port}", tmp_path / "log"
        environment = environment_for(url, port=port)
        web = start_at(listening, environment, log)
        try:
            wait_until_alive(f"{address}/healthz", web, log)
            people = [threading.Thread(target=ask, args=(address,)) for _ in range(3)]
            for person in people:
                person.start()
            for _ in range(2):
                before = len(answers)
                end(web, patience=40)
                web = start_at(listening, environment, log)
                while len(answers) < before + 30 and web.poll() is None:
                    stop.wait(0.05)
        finally:
            stop.set()
            for person in people:
                person.join()
            end(web)
    assert set(answers) == {"200"}
