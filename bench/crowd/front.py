"""nginx in front, with the files of deploy/: its limits and its micro-cache. Without TLS, which the crowd would pay."""

import contextlib
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.operation.fronts import SHARED
from tests.operation.placing import placed, put, scratch
from tests.serving import DIRECTLY, PATIENCE, Server, end, free_port

MAIN = """
daemon off; master_process on; worker_processes 1; user root; pid {root}/run/nginx.pid; worker_rlimit_nofile 65536;
error_log {root}/var/log/wartefrei/error.log;
events {{ worker_connections 20000; }}
http {{
    {shared}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        include {root}/etc/nginx/snippets/wartefrei-server.conf;
        location / {{ include {root}/etc/nginx/snippets/wartefrei-location.conf; }}
    }}
}}
"""
# One program asks for a whole city from one address: it must not meet the limit of one household.
ONE_ADDRESS = {"rate=30r/s": "rate=100000r/s", "rate=3r/s": "rate=100000r/s"}


@dataclass(frozen=True)
class Front:
    """nginx as it runs: its address, its first process."""

    url: str
    pid: int


@contextlib.contextmanager
def proxy(server: Server, home: Path, *, is_flooded: bool = False) -> Iterator[Front]:
    """Run nginx in front of a server until the block ends."""
    root, port = home / "front", free_port()
    scratch(root)
    (root / "var/cache/nginx").mkdir(parents=True, exist_ok=True)
    ports = {"127.0.0.1:8000": server.url.removeprefix("http://"), "127.0.0.1:8009": f"127.0.0.1:{free_port()}"}
    rules = placed("nginx/wartefrei-http.conf", root, ports | (ONE_ADDRESS if is_flooded else {}))
    put(root, "/etc/nginx/conf.d/wartefrei-http.conf", _absolute(rules, root))
    for name in ("headers", "location", "server"):
        text = placed(f"nginx/wartefrei-{name}.conf", root)
        put(root, f"/etc/nginx/snippets/wartefrei-{name}.conf", _absolute(text, root))
    main = put(root, "/etc/nginx/nginx.conf", MAIN.format(root=root, port=port, shared=SHARED.format(root=root)))
    output = (root / "nginx.out").open("wb")
    nginx = subprocess.Popen(
        ["/usr/sbin/nginx", "-c", str(main), "-e", f"{root}/var/log/wartefrei/error.log"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", nginx, root)
        yield Front(f"http://127.0.0.1:{port}", nginx.pid)
    finally:
        end(nginx)
        output.close()


def _absolute(text: str, root: Path) -> str:
    return text.replace("include snippets/", f"include {root}/etc/nginx/snippets/")


def _wait(url: str, nginx: "subprocess.Popen[bytes]", root: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while nginx.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            DIRECTLY.open(url, timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError((root / "nginx.out").read_text())
