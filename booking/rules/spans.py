"""Half-open spans of time in UTC, and the five-minute grid that they lie on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

GRID_MINUTES = 5
GRID_SECONDS = GRID_MINUTES * 60


def on_grid(moment: datetime) -> datetime:
    """Return the beginning of the five minutes that are under way then."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % GRID_SECONDS, UTC)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The time from ``start`` up to, not including, ``end``.

    Both become UTC, because Python compares two times of one zone by the wall clock, which runs twice through the hour
    in which summer time ends. A naive time and an empty span raise ``ValueError``.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _in_utc(self.start))
        object.__setattr__(self, "end", _in_utc(self.end))
        if self.end <= self.start:
            message = f"empty span: {self.start} to {self.end}"
            raise ValueError(message)

    @property
    def minutes(self) -> int:
        """The length in whole minutes."""
        return int((self.end - self.start).total_seconds()) // 60

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share any time; spans that only touch do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        """Whether all of ``other`` lies inside."""
        return self.start <= other.start and other.end <= self.end

    def moments(self) -> range:
        """Every grid step that the span touches, as Unix seconds."""
        first = int(self.start.timestamp()) // GRID_SECONDS * GRID_SECONDS
        return range(first, -int(-self.end.timestamp() // 1), GRID_SECONDS)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        message = f"naive time: {instant}"
        raise ValueError(message)
    return instant.astimezone(UTC)


def instant_of(moment: int) -> datetime:
    """Turn Unix seconds into an aware time in UTC."""
    return datetime.fromtimestamp(moment, UTC)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch; the result is in order."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            last = merged.pop()
            merged.append(Span(last.start, max(last.end, span.end)))
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[Span], holes: Sequence[Span]) -> list[Span]:
    """Cut the holes out of the spans; the result is merged and in order."""
    rest = merge(spans)
    for hole in holes:
        rest = [part for span in rest for part in _without(span, hole)]
    return rest


def _without(span: Span, hole: Span) -> list[Span]:
    if not span.overlaps(hole):
        return [span]
    edges = ((span.start, hole.start), (hole.end, span.end))
    return [Span(start, end) for start, end in edges if start < end]


def round_up_to_grid(minutes: int) -> int:
    """Return the next multiple of five minutes, or ``minutes`` itself if it is one."""
    return -(-minutes // GRID_MINUTES) * GRID_MINUTES
