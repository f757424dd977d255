"""How the web process runs: ``gunicorn -c config/gunicorn.py wsgi:app``. Flags on the command line win."""

import ctypes
import gc
import platform
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gunicorn.glogging
from babel.dates import format_date
from flask_babel import Domain, force_locale
from sqlalchemy.orm import configure_mappers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config import logging, settings, sharing

if TYPE_CHECKING:
    from flask import Flask
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

M_ARENA_MAX, ARENAS = -8, 2  # as malloc.h and mallopt(3) name it
DOMAINS = ("messages", "refusals", "reasons")
sharing.prepare()  # before any of the application is loaded, and prometheus_client with it: some settings need it
_settings = settings.from_environment()
if platform.libc_ver()[0] == "glibc":  # which gives each thread an arena, and the gaps in them took 3 MB of a worker
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)

bind = f"127.0.0.1:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "gthread"
threads = 4
preload_app = True  # loaded once: workers share its memory, and a wrong setting ends the start, not every worker
timeout = 30
graceful_timeout = 30
keepalive = 15
# A path below /t/ is a key to an appointment. The proxy in front may count requests; see docs/operators.md.
accesslog = None
# Werkzeug's ProxyFix alone decides what to believe of forwarded headers (TRUSTED_PROXIES): gunicorn would believe
# any neighbour on the loopback interface.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
control_socket_disable = True  # it would lie in a home that services rarely have; signals are enough


class logger_class(gunicorn.glogging.Logger):  # type: ignore[misc] # noqa: N801 - gunicorn ships no types and wants this name
    """Gunicorn's own lines in the same format, masked: it logs the address of a request that failed."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.configure(_settings.log_format)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def when_ready(server: "Arbiter") -> None:
    """Have the collector leave alone what was loaded before the forks: it never dies, and to look at it copies it."""
    app = server.app.wsgi()
    if "babel" in app.extensions:  # the bare routes of the benchmark have none
        _load_what_all_need(app)
    gc.unfreeze()  # wsgi.py froze the garbage of loading along
    gc.collect()
    gc.freeze()


def child_exit(server: "Arbiter", worker: "Worker") -> None:  # noqa: ARG001 - gunicorn passes both by position
    """Take out what a dead worker used; what it counted stays true."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - it reads where the files are

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: "Arbiter") -> None:  # noqa: ARG001 - gunicorn passes it by position
    """Leave nothing behind."""
    sharing.clear()


def _load_what_all_need(app: "Flask") -> None:
    """Read languages and holidays before the forks: the workers then share what each would read for itself."""
    from booking.models.reading import statutory_holidays  # noqa: PLC0415 - only now is the application loaded
    from booking.rules.languages import LANGUAGES  # noqa: PLC0415 - likewise

    configure_mappers()
    statutory_holidays("DE", "NI")
    for language in LANGUAGES.values():
        format_date(date(2026, 1, 1), "full", locale=language.cldr)
        with app.test_request_context(), force_locale(language.gettext):
            for domain in DOMAINS:
                Domain(domain=domain).get_translations()


def post_fork(server: "Arbiter", worker: "Worker") -> None:  # noqa: ARG001 - gunicorn passes both by position
    """Leave the connections that were opened before the fork to the parent: two processes cannot share a socket."""
    from booking.extensions import db  # noqa: PLC0415 - only now is the application loaded

    with worker.app.wsgi().app_context():
        db.engine.dispose(close=False)
