"""Finished answers, kept by each process within bounds, so that a flood of odd questions cannot fill its memory."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from booking.actions.find_starts import Availability

MOST_ANSWERS = 1024
PACKING = 5  # a fifth of level 9's time for a hundredth more bytes
MOST_BYTES = 4 * 1024 * 1024
Key = tuple[str, bytes]


@dataclass(frozen=True)
class Kept:
    """An answer's bytes and headers, and what they were made from: it tells whether they are still true."""

    body: bytes
    headers: Mapping[str, str]
    found: Availability

    @cached_property
    def packed(self) -> bytes:
        """The bytes compressed, once for all who ask; a rush asks a hundred times a second."""
        return gzip.compress(self.body, PACKING, mtime=0)

    @cached_property
    def packed_headers(self) -> Mapping[str, str]:
        """The headers that go with them. The ETag is weak, so that it names both forms."""
        return {**self.headers, "Content-Encoding": "gzip"}


class KeptAnswers:
    """The latest answers by municipality and raw query; the oldest goes first. Threads may share it."""

    def __init__(self, most: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._answers: dict[Key, Kept] = {}
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> Kept | None:
        """Return what is kept, true or not."""
        return self._answers.get(key)

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer in place of an older one to the same question."""
        with self._lock:
            self._forget(key)
            self._answers[key] = kept
            self._bytes += _size(key, kept)
            while len(self._answers) > self._most or self._bytes > self._most_bytes:
                self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        old = self._answers.pop(key, None)
        if old is not None:
            self._bytes -= _size(key, old)


def _size(key: Key, kept: Kept) -> int:
    return len(key[1]) + 2 * len(kept.body)  # the starts that it was made from weigh as much again
