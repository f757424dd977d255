"""What the processes write to stderr: plain lines that people can read, and never a link of a citizen."""

import logging
import logging.config
import re
from typing import Any, Final

# The path of a mailed link, a calendar feed or a waiting room's screen, also inside an encoded address (a Referer, a
# ?next=…), and a program's bearer token.
_SECRETS: Final = re.compile(r"((?:/|%2F)(?:t|feeds|rooms)(?:/|%2F)|\bBearer\s+)[^\s/?#&\"'<>)\],]+", re.IGNORECASE)


def masked(text: str) -> str:
    """Return the text with the token of every link and every bearer token blacked out."""
    return _SECRETS.sub(r"\1[masked]", text)


# PostgreSQL repeats the whole row that it refuses, with names and addresses.
DETAIL: Final = re.compile(r"^.*\bDETAIL: .*$", re.MULTILINE)


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that neither arguments nor tracebacks can carry a token past it."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(DETAIL.sub("", super().format(record)))


class UpgradesOnly(logging.Filter):
    """Lets through what changes a database; Alembic also reports each look at its version, as /readyz takes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.getMessage().startswith("Running")


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": MaskingFormatter,
            "format": "{asctime} {levelname:<7} {name} [{process}] {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        },
    },
    "filters": {"upgrades only": {"()": UpgradesOnly}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        # One line per poll of the outbox, every second, says nothing.
        "apscheduler": {"level": "WARNING"},
        "alembic": {"level": "WARNING"},
        "alembic.runtime.migration": {"level": "INFO", "filters": ["upgrades only"]},
    },
}


def configure() -> None:
    """Send the logs of this process to stderr, masked."""
    logging.config.dictConfig(LOGGING)
