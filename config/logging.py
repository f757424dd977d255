"""What the processes write to stderr: lines for people or JSON for programs, and never a link of a citizen."""

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

LINES, AS_JSON = "lines", "json"
FORMATS: Final = (LINES, AS_JSON)
# The request that this thread is answering: it stands on every line that is written meanwhile, whoever writes it.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# The path of a mailed link, a calendar feed or a waiting room's screen, also inside an encoded address (a Referer, a
# ?next=…), and a program's bearer token.
_SECRETS: Final = re.compile(r"((?:/|%2F)(?:t|feeds|rooms)(?:/|%2F)|\bBearer\s+)[^\s/?#&\"'<>)\],]+", re.IGNORECASE)

_SIGNS: Final = ("/t/", "/t%", "ft/", "ft%", "feeds", "rooms", "bearer")


def masked(text: str) -> str:
    """Return the text with the token of every link and every bearer token blacked out."""
    small = text.lower()
    if not any(sign in small for sign in _SIGNS):  # ten times as fast as the search, and true of nearly every line
        return text
    return _SECRETS.sub(r"\1[masked]", text)


# PostgreSQL repeats the whole row that it refuses, with names and addresses.
DETAIL: Final = re.compile(r"^.*\bDETAIL: .*$", re.MULTILINE)


def clean(text: str) -> str:
    """Return a text without tokens and without what PostgreSQL repeats of a row."""
    return masked(DETAIL.sub("", text) if "DETAIL: " in text else text)


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that neither arguments nor tracebacks can carry a token past it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the id of the request that it belongs to."""
        told = request_id.get()
        record.request = f"{told} " if told else ""
        return clean(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, pid, message; request, exception and the line's facts if it has any.

    Each text is masked by itself: a mask must not swallow the quotation marks around it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
        }
        if request := request_id.get():
            told["request"] = request
        told["message"] = clean(record.getMessage())
        facts: Mapping[str, object] = getattr(record, "facts", {})
        told |= facts
        if record.exc_info:
            told["exception"] = clean(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str)


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
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        },
        AS_JSON: {"()": JsonFormatter},
    },
    "filters": {"upgrades only": {"()": UpgradesOnly}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LINES}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        # One line per poll of the outbox, every second, says nothing.
        "apscheduler": {"level": "WARNING"},
        "alembic": {"level": "WARNING"},
        "alembic.runtime.migration": {"level": "INFO", "filters": ["upgrades only"]},
    },
}


def configure(form: str = LINES) -> None:
    """Send the logs of this process to stderr, masked, in one of FORMATS."""
    stderr = LOGGING["handlers"]["stderr"] | {"formatter": form}
    logging.config.dictConfig(LOGGING | {"handlers": {"stderr": stderr}})
