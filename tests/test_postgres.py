"""The tests' own PostgreSQL: what the other tests lean on."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from tests import postgres


def test_a_database_can_be_had_by_name_and_is_empty_each_time(postgresql: Callable[[str], str]) -> None:
    for _ in range(2):
        engine = sa.create_engine(postgresql("again"))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (n integer)"))
        engine.dispose()


def test_no_server_outlives_a_killed_run() -> None:
    run = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    home = Path(tempfile.gettempdir(), f"wartefrei-tests-{run.pid}")
    try:
        postgres.ensure_running(home, run.pid)
        server = int((home / "cluster/postmaster.pid").read_text().split()[0])
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    deadline = time.monotonic() + 20
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
    assert not Path(f"/proc/{server}").exists()
