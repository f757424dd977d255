"""A real Valkey, or Redis in its place, in a process of its own."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import free_port

START = 20  # seconds for the server to listen on a busy machine


@contextlib.contextmanager
def running(home: Path, *options: str) -> Iterator[str]:
    """Run a server that keeps nothing on disk until the block ends; return its address. Options as on its command."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if not program:
        pytest.fail("Valkey is missing; please type: apt-get install redis-server", pytrace=False)
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _await(port)
            yield f"valkey://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _await(port: int) -> None:
    give_up = time.monotonic() + START
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < give_up, "Valkey does not listen"
        time.sleep(0.02)
