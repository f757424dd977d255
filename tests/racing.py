"""Several people at the same instant: threads that start together, each with an application context of its own."""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask

from booking.errors import Refusal

PATIENCE = 60


def race(app: Flask, *calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at once; return their results in order, refusals among them. Any other exception is raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait(PATIENCE)
            try:
                return call()
            except Refusal as refusal:
                return refusal

    with _hurried(), ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def _hurried() -> Iterator[None]:
    """Let Python change threads a hundred times as often as usual, so that more orders of events are met."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 100)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def kinds(outcomes: Sequence[Any]) -> Counter[str]:
    """Count the outcomes by the name of their class: ``{"Appointment": 1, "StartTaken": 9}``."""
    return Counter(type(outcome).__name__ for outcome in outcomes)
