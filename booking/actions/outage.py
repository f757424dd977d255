"""How long an action waits for a database that has just gone: a planned switchover is over before anybody is told."""

import random
import time
from collections.abc import Callable

PAUSES = (0.2, 0.6, 1.2, 2.0)  # seconds before the second, third … run; drawn between three quarters and all of it
PATIENCE = 5.0  # seconds after the first failure; a switchover takes two, the loss of a machine twenty
OVER = 60.0  # seconds without a failure after which the next one begins another outage, though nobody asked meanwhile
_dice = random.SystemRandom()


class Outage:
    """The present absence of this process's database, seen by all its threads.

    Only in its first seconds does anybody wait. Afterwards people are told at once to come back: a web process whose
    threads all sleep could not even say that.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._wait = clock, wait
        self._since: float | None = None
        self._noticed = 0.0

    def end(self) -> None:
        """Note that it answered."""
        self._since = None

    def is_young(self) -> bool:
        """Note that it did not answer; whether another attempt at once is worth while."""
        return self._age() <= PATIENCE

    def outlast(self, attempt: int) -> bool:
        """Note that nobody could be reached in this attempt (the first is 0), and wait; False when that is vain."""
        pause = PAUSES[min(attempt, len(PAUSES) - 1)] * _dice.uniform(0.75, 1)  # not all at once onto the new primary
        if self._age() + pause > PATIENCE:
            return False
        self._wait(pause)
        return True

    def _age(self) -> float:
        """Return for how long it has been away; threads that find out together may differ by a moment."""
        now, since = self._clock(), self._since
        if since is None or now - self._noticed > OVER:
            since = now
        self._since, self._noticed = since, now
        return now - since


outage = Outage()
