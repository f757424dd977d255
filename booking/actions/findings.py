"""What ``doctor`` says: one sentence for each thing to mend."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``is_fault`` tells what is wrong from what is merely worth knowing."""

    sentence: str
    is_fault: bool = True


def note(sentence: str) -> Finding:
    """Return what is merely worth knowing."""
    return Finding(sentence, is_fault=False)
