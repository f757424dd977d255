"""Files that commands write: whole or not at all, and readable by their owner alone."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, ENOENT
from pathlib import Path
from typing import IO

from booking import clock
from booking.actions.unfinished import SUFFIX, forget_unfinished, prefix_of


@contextmanager
def whole_file(file: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Open a file that takes its name in one step when the block ends well: nobody ever reads half of it.

    Mode 0600, and on the disk before it has its name. What a killed process left in the folder a day ago goes first: it
    holds personal data. Raises FileExistsError unless it may ``replace`` another; FileNotFoundError without a folder;
    OSError for what is no file: in the place of /dev/null root would leave everybody a file.
    """
    if not file.parent.is_dir():
        raise FileNotFoundError(ENOENT, "There is no such folder: make it first", str(file.parent))
    if not replace and file.exists():
        raise FileExistsError(file)
    if file.exists() and not file.is_file():
        raise OSError(EINVAL, "This is no file, and stays as it is", str(file))
    with suppress(OSError):  # somebody else's, or a folder that may not be listed
        forget_unfinished(file.parent, now=clock.now())
    handle, name = tempfile.mkstemp(SUFFIX, prefix_of(file.name), file.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        if replace:
            Path(name).replace(file)
        else:
            file.hardlink_to(name)  # fails if somebody else was faster
    finally:
        Path(name).unlink(missing_ok=True)
    _keep_name(file.parent)


def _keep_name(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
