"""What was answered, how fast and by how much work: collected per kind of request, printed beside what is aimed at."""

import resource
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Self

from bench.crowd.line import Reply


@dataclass
class Figures:
    """Answers by kind of request."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def note(self, kind: str, reply: Reply) -> Reply:
        """Count an answer and return it; who is told to come back is counted apart, for that takes no time."""
        kind = f"{kind}: not now" if reply.status == 429 else kind
        self.seconds[kind].append(reply.seconds)
        self.statuses[kind][reply.status] += 1
        return reply

    def __iadd__(self, other: "Figures") -> Self:
        """Take over what another process was told."""
        for kind, taken in other.seconds.items():
            self.seconds[kind] += taken
            self.statuses[kind] += other.statuses[kind]
        return self

    def p95(self, kind: str) -> float:
        """Return the seconds within which 95 of 100 were answered."""
        return percentile(self.seconds[kind], 0.95)

    def overall(self, share: float) -> float:
        """Return the seconds within which that share of all requests was answered."""
        return percentile([taken for each in self.seconds.values() for taken in each], share)

    def count(self, *statuses: int) -> int:
        """Return how many answers had one of these statuses."""
        return sum(counted[status] for counted in self.statuses.values() for status in statuses)

    def faults(self) -> int:
        """Return how many requests were answered by a 5xx or not at all."""
        return sum(
            number
            for counted in self.statuses.values()
            for status, number in counted.items()
            if status == 0 or status >= 500
        )

    def print(self) -> None:
        """Print a line per kind of request."""
        print(f"{'request':24} {'n':>7} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}   statuses")
        for kind, taken in sorted(self.seconds.items()):
            statuses = " ".join(f"{status}×{number}" for status, number in sorted(self.statuses[kind].items()))
            p50, p95 = percentile(taken, 0.5) * 1000, percentile(taken, 0.95) * 1000
            print(f"{kind:24} {len(taken):7} {p50:8.0f} {p95:8.0f} {max(taken) * 1000:8.0f}   {statuses}")


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed (nearest rank); 0 of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def allow_open_files() -> None:
    """Let this process keep a line open for each of thousands of people, as their browsers do."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def verdict(name: str, figure: float, aim: float, unit: str = "") -> bool:
    """Print a figure beside its aim (at most that); return whether it is met."""
    met = figure <= aim
    print(f"{'met   ' if met else 'MISSED'}  {name}: {figure:g}{unit}, aim at most {aim:g}{unit}")
    return met


def exactly(name: str, figure: object, wanted: object) -> bool:
    """Print a figure that must be just that; return whether it is."""
    met = figure == wanted
    print(f"{'met   ' if met else 'MISSED'}  {name}: {figure}, must be {wanted}")
    return met
