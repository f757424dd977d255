"""The day sheet drawn in a process of its own, which takes its 30 MB of memory along when it ends.

A web worker would keep them for good. The child is a fork: to start Python and load the house anew takes two seconds.
"""

import logging
import multiprocessing
import warnings
from collections.abc import Sequence
from multiprocessing.connection import Connection

from booking.errors import Unavailable
from booking.rules.day_sheets import Sheet

log = logging.getLogger(__name__)
PATIENCE = 20  # seconds: a day of a hundred people takes one


def draw_apart(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF with each sheet on pages of its own. Raises Unavailable if it is not drawn in time."""
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe(duplex=False)
    child = forking.Process(target=_draw, args=(there, sheets), daemon=True)
    with warnings.catch_warnings():
        # From 3.12 on Python warns that another thread may hold a lock. The child opens nothing, logs only a
        # fault, by locks that Python makes anew, and is not waited for without end.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    there.close()
    try:
        return _received(here)
    finally:
        here.close()
        child.kill()
        child.join()


def _received(line: Connection) -> bytes:
    try:
        if line.poll(PATIENCE):
            return line.recv_bytes()
    except EOFError:
        pass  # it ended without a word
    raise Unavailable


def _draw(line: Connection, sheets: Sequence[Sheet]) -> None:
    from booking.mail.day_sheet_pdf import day_sheet_pdf  # noqa: PLC0415 - here, so that only the child loads it

    try:
        line.send_bytes(day_sheet_pdf(sheets))
    except Exception:  # the process's own last words would be all that the error says, names too
        log.exception("a day sheet cannot be drawn")
