"""The web process as operators start it."""

import socket
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from booking import create_app
from booking.extensions import db
from tests import databases
from tests.builders import a_municipality
from tests.conftest import settings_for
from tests.serving import DIRECTLY, ROOT, environment_for, serving

TOKEN = "k1.thisNobodyMayRead"


@pytest.fixture
def fresh_url(empty_database: Callable[[str], str]) -> str:
    url = empty_database("served")
    databases.migrate(create_app(settings_for(url)))
    return url


def status(url: str) -> int:
    try:
        with DIRECTLY.open(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def answered(port: int, path: str, chunks: bytes) -> bytes:
    """What a POST of these chunks is answered, down to the end of the line."""
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nAuthorization: Bearer x\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.long_on("sqlite")
def test_two_workers_answer_and_their_log_holds_no_token(fresh_url, free_port, tmp_path):
    log = tmp_path / "log"
    with serving(environment_for(fresh_url, port=free_port), jobs=False, log=log) as server:
        assert len(server.workers()) == 2
        for path in ("/readyz", f"/t/{TOKEN}", f"/t/{TOKEN}/confirm?next=%2Ft%2F{TOKEN}"):
            assert status(server.url + path) < 500
    assert TOKEN not in log.read_text()
    assert "Booting worker" in log.read_text()


@pytest.mark.long_on("sqlite")
def test_a_body_whose_chunks_are_broken_is_refused_at_every_door_without_a_trace(fresh_url, free_port, tmp_path):
    log = tmp_path / "log"
    with create_app(settings_for(fresh_url)).app_context():
        a_municipality()
        db.engine.dispose()
    api = "/api/v1/appointment/cancel"
    with serving(environment_for(fresh_url, port=free_port), jobs=False, workers=1, log=log):
        for rest in (b"zz\r\n", b"1;\x00\r\n", b"9\r\nab"):  # no size, no extension, no more of it
            for path in (api, "/staff/login", "/musterstadt/link"):
                told = answered(free_port, path, b"2\r\n{}\r\n" + rest)
                assert told.startswith(b"HTTP/1.1 400 "), (path, rest, told)
        assert b'"code": "malformed"' in answered(free_port, api, b"2\r\n{}\r\nzz\r\n")
    assert "Traceback" not in log.read_text()


def test_a_wrong_setting_keeps_the_web_process_from_starting_and_is_named(free_port):
    environment = environment_for("mysql://me:hunter2@host/name", port=free_port, TRUSTED_PROXIES="many")
    started = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "wsgi:app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode != 0
    assert "DATABASE_URL must begin with" in started.stderr
    assert "TRUSTED_PROXIES must be a whole number" in started.stderr
    assert "hunter2" not in started.stderr


def test_only_this_machine_and_the_counted_proxies_are_believed(monkeypatch, free_port, tmp_path):
    import runpy

    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("PORT", str(free_port))
    chosen = runpy.run_path(str(Path(ROOT, "config/gunicorn.py")))
    assert chosen["bind"] == f"127.0.0.1:{free_port}"
    assert chosen["secure_scheme_headers"] == {}
    assert chosen["forwarder_headers"] == ""
    assert chosen["accesslog"] is None


def test_a_worker_holds_nothing_in_memory_that_only_commands_and_some_towns_need(free_port, tmp_path):
    seldom = ("alembic", "flask_migrate", "mako", "fpdf", "requests", "dns", "authlib", "limits")
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, wsgi; print([name for name in {seldom} if name in sys.modules])"],
        cwd=ROOT,
        env=environment_for(f"sqlite:///{tmp_path}/town.sqlite3", port=free_port),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"
