"""When people come and how long they think (load-profile: Syke's release, compressed to ten minutes)."""

import math
import random
from dataclasses import dataclass

FIRST_MINUTE, NEXT_MINUTES = 0.2, 0.3  # of all; the rest comes spread over the whole time and sees "fully booked"
PEAK = 2.5  # the worst second of the first minute has so many times its mean
P90 = 1.2816  # standard deviations


@dataclass(frozen=True, slots=True)
class Thinking:
    """Seconds that people take, log-normal by median and ninth decile."""

    median: float
    p90: float

    def draw(self, dice: random.Random) -> float:
        """Return one person's time."""
        return dice.lognormvariate(math.log(self.median), math.log(self.p90 / self.median) / P90)


CONTACT = Thinking(45, 150)
PICK = Thinking(3, 10)
LETTER = Thinking(20, 60)


def arrivals(people: int, dice: random.Random, *, seconds: float = 600) -> list[float]:
    """Return when each person begins, in seconds after the release, ascending."""
    early, middle = int(people * FIRST_MINUTE), int(people * NEXT_MINUTES)
    times = [_falling(dice, 60, PEAK) for _ in range(early)]
    times += [60 + _falling(dice, seconds - 60, 2.0) for _ in range(middle)]
    times += [dice.uniform(0, seconds) for _ in range(people - early - middle)]
    return sorted(times)


def _falling(dice: random.Random, length: float, peak: float) -> float:
    """Draw from a density that begins at ``peak`` times its mean and falls evenly until it is used up."""
    return float(length * 2 / peak * (1 - math.sqrt(1 - dice.random())))
