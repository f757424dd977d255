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
from traceback import TracebackException
from typing import Any, Final

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


# PostgreSQL repeats the whole row that it refuses, with names and addresses; a note or an answer has several lines.
# What comes after the row, if anything does, is SQLAlchemy's or Python's own.
DETAIL: Final = re.compile(
    r"^[^\n]*\bDETAIL: .*?(?=^[ |]*(?:\[SQL: |The above exception |During handling )|\Z)", re.MULTILINE | re.DOTALL
)


# gunicorn quotes what it could not read (a header, a method), from which address it came, and what address failed.
UNREADABLE: Final = re.compile(r"(Invalid request) from ip=[^\s]*?: ([^:'\"(]*).*|(Error handling request) .*")


def clean(text: str) -> str:
    """Return a text without tokens, what PostgreSQL repeats of a row, and what gunicorn quotes of a request."""
    if "DETAIL: " in text:
        text = DETAIL.sub("", text)
    if "request " in text:
        text = UNREADABLE.sub(lambda hit: hit[3] or f"{hit[1]}: {hit[2].strip()}", text)
    return masked(text)


# What an error says of a value it quotes: a KeyError, a number that is none, a column that does not take it; also in
# the marks of a PostgreSQL that speaks German or French. The apostrophe of "can't" opens nothing, and what is not
# closed reaches to the end.
QUOTED: Final = re.compile(
    r"""\b(?P<ours>(?:[Rr]elation|table|column|Spalte|[Cc]onstraint|index|database|role) ["»]\w+["«])"""  # what refuses
    r"""|(?<!\w\w)'(?:[^'\\]|\\.?)*+(?:'|$)|"(?:[^"\\]|\\.?)*+(?:"|$)|»[^«]*(?:«|$)|«[^»]*(?:»|$)"""
    r"""|„[^“”]*(?:[“”]|$)|(?<![^\s'"<>()@])[^\s'"<>()@]++@[^\s'"<>()]+""",
    re.DOTALL,
)
ROW: Final = "DETAIL: "
# These quote names of our code and files, which say what is broken.
AS_SAID: Final = (AttributeError, NameError, TypeError, ImportError, FileNotFoundError, PermissionError)


def concealed(words: str) -> str:
    """Return what an error says without what it quotes, which may be somebody's name, and without a refused row."""
    return QUOTED.sub(lambda found: found["ours"] or "[…]", words.partition(ROW)[0].rstrip())


def _conceal(told: TracebackException, error: BaseException) -> None:
    """Conceal what an error says, and all that led to it or is grouped in it; frames and lines of code stay."""
    todo: list[tuple[TracebackException | None, BaseException | None]] = [(told, error)]
    while todo:
        told_of, one = todo.pop()
        if told_of is None or one is None:
            continue
        told_of.__notes__ = None  # anybody may have noted anything
        if not isinstance(one, AS_SAID):
            told_of._str = _words(one, told_of._str)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
        todo += [(told_of.__cause__, one.__cause__), (told_of.__context__, one.__context__)]
        if isinstance(one, BaseExceptionGroup):
            todo += zip(told_of.exceptions or (), one.exceptions, strict=False)


def _words(error: BaseException, said: str) -> str:
    """Conceal all but SQLAlchemy's statement, which it tells behind the driver's words: it holds no values."""
    words, mark, statement = said.rpartition("\n[SQL: ") if hasattr(error, "statement") else (said, "", "")
    return concealed(words) + mark + statement if mark else concealed(said)


class Discreet(logging.Formatter):
    """Tells of an error its type, its place and its words, but no value."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """Return the traceback."""
        told = TracebackException(*ei, compact=True)
        _conceal(told, ei[1])
        return "".join(told.format()).removesuffix("\n")


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

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the id of the request that it belongs to."""
        if isinstance(record, AccessRecord):
            return record.line()
        told = request_id.get()
        record.request = f"{told} " if told else ""
        return clean(super().format(record))


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
        told["message"] = clean(record.getMessage())
        if record.exc_info:
            told["exception"] = clean(self.formatException(record.exc_info))
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
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LINES}},
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
