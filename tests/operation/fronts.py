"""nginx and Apache as they stand in front of the service, with the very files of deploy/, on the loopback."""

import contextlib
import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import trustme

from tests.operation.placing import placed, put, scratch
from tests.serving import end, free_port

HOST = "termine.example.de"
PATIENCE = 30
MODULES = (
    *("mpm_event", "authn_core", "authz_core", "authz_host", "alias", "mime", "dir", "env", "headers", "setenvif"),
    *("reqtimeout", "buffer", "ssl", "proxy", "proxy_http", "cache", "cache_disk", "socache_shmcb", "rewrite", "http2"),
)
# What Debian's own nginx.conf would say, below one folder: an ordinary user may write nowhere else.
SHARED = """include /etc/nginx/mime.types;
    access_log {root}/var/log/wartefrei/rest.log;
    client_body_temp_path {root}/var/body; proxy_temp_path {root}/var/proxy; fastcgi_temp_path {root}/var/f;
    uwsgi_temp_path {root}/var/u; scgi_temp_path {root}/var/s;
    include {root}/etc/nginx/conf.d/*.conf;"""
MAIN = """
daemon off; master_process on; worker_processes 1; user root; pid {root}/run/nginx.pid;
error_log {root}/var/log/wartefrei/error.log;
events {{ worker_connections 512; }}
http {{
    {shared}
    include {root}/etc/nginx/sites-enabled/*;
}}
"""


@dataclass(frozen=True)
class Told:
    """An answer through the front."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Front:
    """A running proxy: where it listens, what it logs."""

    root: Path
    port: int
    plain_port: int
    trust: ssl.SSLContext
    lines: list[http.client.HTTPSConnection] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        *,
        source: str = "127.0.0.1",
        **headers: str,
    ) -> Told:
        """Send one request over TLS from a loopback address; headers are named with underscores."""
        home = (source, 0)
        line = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, context=self.trust, source_address=home
        )
        try:
            line.request(
                method, path, body, {"Host": HOST} | {key.replace("_", "-"): value for key, value in headers.items()}
            )
            answer = line.getresponse()
            return Told(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def get(self, path: str, **headers: str) -> Told:
        return self.ask("GET", path, **headers)

    def logs(self) -> str:
        return "".join(file.read_text(errors="replace") for file in (self.root / "var/log/wartefrei").iterdir())


@contextlib.contextmanager
def nginx(root: Path, backend: int, *, below: str = "/") -> Iterator[Front]:
    """Run nginx as docs/install-debian.md sets it up, in front of a port, at the root or below a path."""
    scratch(root)
    front = _front(root)
    names = {"127.0.0.1:8000": f"127.0.0.1:{backend}", "127.0.0.1:8009": f"127.0.0.1:{free_port()}"}
    around = _absolute(placed("nginx/wartefrei-http.conf", root, names), root)
    put(root, "/etc/nginx/conf.d/wartefrei-http.conf", around)
    for name in ("headers", "location", "server"):
        text = placed(f"nginx/wartefrei-{name}.conf", root)
        put(root, f"/etc/nginx/snippets/wartefrei-{name}.conf", _absolute(text, root))
    ports = {
        "listen 80;": f"listen 127.0.0.1:{front.plain_port};",
        "listen [::]:80;": "",
        "listen 443 ssl": f"listen 127.0.0.1:{front.port} ssl",
        "listen [::]:443 ssl http2;": "",
        "location / { include": f"location {below} {{ include",
    }
    site = _absolute(placed("nginx/wartefrei-site.conf", root, ports), root)
    put(root, "/etc/nginx/sites-enabled/wartefrei", site)
    main = put(root, "/etc/nginx/nginx.conf", MAIN.format(root=root, shared=SHARED.format(root=root)))
    with _running(["/usr/sbin/nginx", "-c", str(main), "-e", f"{root}/var/log/wartefrei/error.log"], front):
        yield front


def _absolute(text: str, root: Path) -> str:
    return text.replace("include snippets/", f"include {root}/etc/nginx/snippets/")


@contextlib.contextmanager
def apache(root: Path, backend: int, *, below: str = "/") -> Iterator[Front]:
    """Run Apache likewise."""
    scratch(root)
    front = _front(root)
    words = {
        "*:80>": f"127.0.0.1:{front.plain_port}>",
        "*:443>": f"127.0.0.1:{front.port}>",
        "http://127.0.0.1:8000/": f"http://127.0.0.1:{backend}{below}",
        '<Location "/">': f'<Location "{below}">',
    }
    Path(f"{root}/var/www/html").mkdir(parents=True)
    site = put(root, "/etc/apache2/sites-enabled/wartefrei.conf", placed("apache/wartefrei.conf", root, words))
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in MODULES)
    main = put(
        root,
        "/etc/apache2/apache2.conf",
        f"{modules}ServerRoot /etc/apache2\nServerName localhost\nPidFile {root}/run/apache2.pid\n"
        f"DefaultRuntimeDir {root}/run\nMutex file:{root}/run default\nUser www-data\nGroup www-data\n"
        f"ErrorLog {root}/var/log/wartefrei/main-error.log\nTypesConfig /etc/mime.types\n"
        f"Listen 127.0.0.1:{front.port}\nListen 127.0.0.1:{front.plain_port}\nStartServers 1\nThreadsPerChild 25\n"
        f"IncludeOptional {site}\n",
    )
    (root / "var/cache/apache2/wartefrei").chmod(0o777)  # Debian's belongs to www-data
    with _running(["/usr/sbin/apache2", "-f", str(main), "-DFOREGROUND"], front):
        yield front


def _front(root: Path) -> Front:
    authority = trustme.CA()
    issued = authority.issue_cert(HOST, "127.0.0.1")
    folder = put(root, f"/etc/letsencrypt/live/{HOST}/privkey.pem", "").parent
    issued.private_key_pem.write_to_path(folder / "privkey.pem")
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(folder / "fullchain.pem", append=number > 0)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    trust.check_hostname = True
    return Front(root, free_port(), free_port(), trust)


@contextlib.contextmanager
def _running(command: list[str], front: Front) -> Iterator[None]:
    with (front.root / "front.out").open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(front, process)
        yield
    finally:
        end(process)


def _wait(front: Front, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", front.port), 1).close()
            return
        time.sleep(0.05)
    raise RuntimeError((front.root / "front.out").read_text() + front.logs())
