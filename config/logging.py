"""What the processes write to stderr: lines for people or JSON for programs, and never a link of a citizen."""

import json
import logging
import logging.config
import os
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from config.discreet import ROW, Discreet, message_of, on_one_line

LINES, AS_JSON = "lines", "json"
FORMATS: Final = (LINES, AS_JSON)
DATES: Final = "%Y-%m-%dT%H:%M:%S%z"
# The request that this thread is answering: it stands on every line that is written meanwhile, whoever writes it.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# What follows the path of a mailed link, a calendar feed or a waiting room's screen, whole, since the token also stands
# behind /t//, /t/./ and /t/x/../; also inside an encoded address (a Referer, a ?next=…); and a program's bearer token.
_SECRETS: Final = re.compile(r"((?:/|%2F)(?:t|feeds|rooms)(?:/|%2F)|\bBearer\s+)[^\s?#&\"'<>)\],]+", re.IGNORECASE)

_SIGNS: Final = re.compile(r"[/f]t[/%]|feeds|rooms|bearer")


def masked(text: str) -> str:
    """Return the text with the token of every link and every bearer token blacked out."""
    if not _SIGNS.search(text.lower()):  # much faster than the search below, and true of nearly every line
        return text
    return _SECRETS.sub(r"\1[masked]", text)


# gunicorn quotes what it could not read (a header, a method), from which address it came, and what address failed.
UNREADABLE: Final = re.compile(r"(Invalid request) from ip=[^\s]*?: ([^:'\"(]*).*|(Error handling request) .*")


def clean(text: str) -> str:
    """Return a message without tokens, what PostgreSQL repeats of a row, and what gunicorn quotes of a request."""
    text = text.partition(ROW)[0].rstrip()
    if "request " in text:
        text = UNREADABLE.sub(lambda hit: hit[3] or f"{hit[1]}: {hit[2].strip()}", text)
    return masked(text)


_BLANK: Final = vars(logging.LogRecord("booking.access", logging.INFO, __file__, 0, "", None, None, "access"))


class AccessRecord(logging.LogRecord):
    """What one request was.

    Every request pays for its own, so it is made without a search for who made it, and written without a mask: a
    method, a route, three numbers and a well-formed id hold nothing to be masked.
    """

    def __init__(self, method: str, route: str, status: int, ms: float, length: int) -> None:
        now = time.time()
        told = f"{method} {route} {status}"
        self.__dict__ = {**_BLANK, "created": now, "msecs": now % 1 * 1000, "process": os.getpid(), "msg": told}
        self.facts = {"method": method, "route": route, "status": status, "ms": ms, "bytes": length}

    def line(self) -> str:
        """Return it for people."""
        seconds = _local_second(int(self.created))
        told = f"{self.msg} {self.facts['ms']} ms {self.facts['bytes']} B"
        return f"{seconds} INFO    {self.name} [{self.process}] {request_id.get()} {told}"

    def as_json(self) -> str:
        """Return it for programs."""
        facts = self.facts
        return (
            f'{{"time":"{_utc_second(int(self.created))}.{int(self.msecs):03}+00:00","level":"info",'
            f'"logger":"{self.name}","pid":{self.process},"request":"{request_id.get()}","message":{_quoted(self.msg)},'
            f'"method":"{facts["method"]}","route":{_quoted(str(facts["route"]))},"status":{facts["status"]},'
            f'"ms":{facts["ms"]},"bytes":{facts["bytes"]}}}'
        )


@lru_cache(maxsize=2)
def _local_second(second: int) -> str:
    return time.strftime(DATES, time.localtime(second))


@lru_cache(maxsize=2)
def _utc_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


_quoted: Final = lru_cache(maxsize=1024)(json.dumps)


class MaskingFormatter(Discreet):
    """Masks the finished line, so that neither arguments nor tracebacks can carry a token past it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line without its traceback."""
        record.message = on_one_line(clean(message_of(record)))
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the id of the request that it belongs to."""
        if isinstance(record, AccessRecord):
            return record.line()
        told = request_id.get()
        record.request = f"{told} " if told else ""
        return masked(super().format(record))


_as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class JsonFormatter(Discreet):
    """One JSON object a line: time, level, logger, pid, message, and request and exception where there is one.

    Each text is masked by itself: a mask must not swallow the quotation marks around it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line."""
        if isinstance(record, AccessRecord):
            return record.as_json()
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
        }
        if request := request_id.get():
            told["request"] = request
        told["message"] = on_one_line(clean(message_of(record)))
        if record.exc_info:
            told["exception"] = masked(self.formatException(record.exc_info))
        return _as_json(told)


class UpgradesOnly(logging.Filter):
    """Lets through what changes a database; Alembic also reports each look at its version, as /readyz takes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.getMessage().startswith("Running")


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        LINES: {
            "()": MaskingFormatter,
            "format": "{asctime} {levelname:<7} {name} [{process}] {request}{message}",
            "datefmt": DATES,
            "style": "{",
        },
        AS_JSON: {"()": JsonFormatter},
    },
    "filters": {"upgrades only": {"()": UpgradesOnly}},
    "handlers": {"stderr": {"class": "config.discreet.DiscreetHandler", "formatter": LINES}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        # One line per poll of the outbox, every second, says nothing.
        "apscheduler": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},  # it lists the glyphs of each PDF
        "alembic": {"level": "WARNING"},
        "alembic.runtime.migration": {"level": "INFO", "filters": ["upgrades only"]},
    },
}


def configure(form: str = LINES) -> None:
    """Send the logs of this process to stderr, masked, in one of FORMATS."""
    stderr = LOGGING["handlers"]["stderr"] | {"formatter": form}
    logging.config.dictConfig(LOGGING | {"handlers": {"stderr": stderr}})
