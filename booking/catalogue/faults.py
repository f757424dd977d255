"""What is wrong with a catalogue file, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

_SHOWN = 60

Path = tuple[str | int, ...]
"""The way to an entry of the file: keys of maps and indexes of lists from the top."""


class Place(NamedTuple):
    """A line and a column of the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong: its line and column (from 1), the entry it is about, and a sentence for the operator."""

    line: int
    column: int
    path: str
    sentence: str
    entry: Path = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        """Read as compilers write: `12:5: concerns[personalausweis].minutes: must be …`."""
        about = f"{self.path}: " if self.path else ""
        return f"{self.line}:{self.column}: {about}{self.sentence}"


class CatalogueFaults(Exception):  # noqa: N818 - the file's faults, not an error of ours
    """The catalogue file cannot be used; every fault is named, in the order of the file; nothing was written."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "…"?` with a leading space where a known word is close, otherwise nothing."""
    close = get_close_matches(word[:100], sorted(known), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""


def quoted(value: object) -> str:
    """Show a value of the file in a sentence: short, on one line, without signs that steer a terminal."""
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    text = (
        {None: "nothing", True: "true", False: "false"}.get(value) if isinstance(value, bool | None) else f'"{value}"'
    )
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text or "")
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
