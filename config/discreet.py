"""What an error may say in a log: its type, its place and its words, but no value, which may be somebody's name."""

import logging
import re
import sys
import threading
from traceback import TracebackException
from types import TracebackType
from typing import Any, Final, TextIO

log = logging.getLogger(__name__)

ROW: Final = "DETAIL: "  # PostgreSQL repeats behind it the whole row that it refuses
# What an error quotes: a KeyError, a number that is none, a column that does not take it; also in the marks of a German
# server. Nobody can tell which mark closes it, since a value may hold marks too, so all behind the first one goes. Our
# own things stay; and the apostrophe of "can't" opens nothing.
QUOTED: Final = re.compile(
    r"""\b(?P<ours>(?:[Rr]elation|[Tt]able|Tabelle|[Cc]olumn|Spalte|[Cc]onstraint|[Ii]ndex|[Dd]atabase|Datenbank|[Rr]ole"""
    r"""|Rolle|[Tt]rigger|[Ss]chema) ["»'][\w-]+["«'])|(?:(?<!\w\w)['’]|["»«„“”‚‘›‹`]).*"""
    r"""|(?<![^\s'"<>()@])[^\s'"<>()@]++@[^\s'"<>()]+""",
    re.DOTALL,
)
AS_SAID: Final = (AttributeError, NameError, TypeError, ImportError)  # they quote names of our code
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def concealed(words: str) -> str:
    """Return what an error says without what it quotes, addresses, and a refused row."""
    return QUOTED.sub(lambda found: found["ours"] or "[…]", words.partition(ROW)[0].rstrip())


def message_of(record: logging.LogRecord) -> str:
    """Return the message of a record; errors among its arguments tell no value."""
    words = str(_told(record.msg))
    args = _told(record.args)
    return words % args if args else words


def on_one_line(message: str) -> str:
    """Return a message that cannot pass for two: what somebody else wrote may hold line breaks."""
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], message)


class Discreet(logging.Formatter):
    """Tells of an error its type, its place and its words, but no value."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """Return the traceback."""
        told = TracebackException(*ei, compact=True)
        _conceal(told, ei[1])
        return "".join(told.format()).removesuffix("\n")


class DiscreetHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr. Of a line that cannot be written, logging's own would repeat everything."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say where the line was to be written from and what kind of fault it was."""
        fault = sys.exc_info()[0]
        if fault is None or issubclass(fault, OSError) or record.name == __name__:
            return  # nobody reads any more; or this very line fails
        log.error("the line of %s:%d cannot be written: %s", record.pathname, record.lineno, fault.__name__)


def tell_uncaught() -> None:
    """Have the log tell, too, what ends a command or a thread, and what Python ignores: it tells all values."""
    sys.excepthook = _tell
    threading.excepthook = lambda ended: _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)
    sys.unraisablehook = _tell_ignored


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(KeyboardInterrupt, KeyboardInterrupt(), None)  # not what it came amid
    elif not issubclass(kind, SystemExit):  # with which a thread may end
        log.critical("ended by an error", exc_info=(kind, error or kind(), trace))


def _tell_ignored(ignored: Any) -> None:
    kind, error = ignored.exc_type, ignored.exc_value
    log.error("an error that nobody can catch", exc_info=(kind, error or kind(), ignored.exc_traceback))


def _told(argument: object) -> Any:
    if isinstance(argument, BaseException):
        return _words(argument, str(argument))
    if isinstance(argument, dict):
        return {key: _told(value) for key, value in argument.items()}
    if isinstance(argument, list):
        return [*map(_told, argument)]
    return tuple(map(_told, argument)) if isinstance(argument, tuple) else argument


def _conceal(told: TracebackException, error: BaseException) -> None:
    """Conceal what an error says, and all that led to it or is grouped in it; frames and lines of code stay."""
    todo: list[tuple[TracebackException | None, BaseException | None]] = [(told, error)]
    while todo:
        told_of, one = todo.pop()
        if told_of is None or one is None:
            continue
        words = on_one_line(_words(one, str(told_of)))  # a SyntaxError's, too: they name its file and line
        vars(told_of).update(_str=words, msg=words, text=None, filename=None, lineno=None)  # there is no other way
        told_of.__notes__ = None  # anybody may have noted anything
        todo += [(told_of.__cause__, one.__cause__), (told_of.__context__, one.__context__)]
        if isinstance(one, BaseExceptionGroup):
            todo += zip(told_of.exceptions or (), one.exceptions, strict=False)


def _words(error: BaseException, said: str) -> str:
    """Conceal all but SQLAlchemy's statement, which it tells behind the driver's words: it holds no values."""
    if _is_of_our_code(error) or _is_of_the_system(error):
        return said
    if not getattr(error, "statement", None):
        return concealed(said)
    words, mark, statement = said.rpartition("\n[SQL: ")
    return concealed(words) + mark + statement.partition("\n[parameters: ")[0] if mark else concealed(said)


def _is_of_our_code(error: BaseException) -> bool:
    """Whether it quotes names of our code, and is not made of other things, such as errors in a list."""
    return isinstance(error, AS_SAID) and all(isinstance(one, str) for one in error.args)


def _is_of_the_system(error: BaseException) -> bool:
    """Whether it is the system's own, which names a file: a full disk. Libraries say more, in these kinds or theirs."""
    return isinstance(error, OSError) and type(error).__module__ == "builtins" and isinstance(error.errno, int)
