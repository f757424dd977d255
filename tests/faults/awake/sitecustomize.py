"""For processes under libfaketime 0.9.10 whose monotonic clock stays true: there time.sleep ends with EINVAL."""

import select
import time


def sleep(seconds: float) -> None:
    """Sleep as time.sleep does, by another call of the system."""
    select.select([], [], [], seconds)


time.sleep = sleep
