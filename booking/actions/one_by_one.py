"""A sweep goes from town to town or office to office: what is broken at one is no reason to leave out the rest."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from booking.errors import Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")


def one_by_one(
    todo: Iterable[T], action: Callable[[T], R], *, hopeless: tuple[type[Exception], ...] = ()
) -> Iterator[R]:
    """Yield what an action returns for each; raise, after the last one, what went wrong on the way.

    Each fault is logged with where it was. Raises ExceptionGroup; and Unavailable and what is ``hopeless`` at once: the
    next one would fare no better.
    """
    ends: tuple[type[Exception], ...] = (Unavailable, *hopeless)
    faults: list[Exception] = []
    for one in todo:
        try:
            done = action(one)
        except ends:
            raise
        except Exception as fault:  # whatever it is: logged here, and raised at the end
            log.exception("%s failed at %s; the others go on", action.__module__.rpartition(".")[2], one)
            faults.append(fault)
        else:
            yield done
    if faults:
        msg = "not everywhere did it come to its end"
        raise ExceptionGroup(msg, faults)
