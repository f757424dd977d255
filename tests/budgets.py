"""How many cases the property tests try: few and always the same in ``make test``, many and new ones at length.

``TEST_PROFILE=long`` (``make test-long``) draws anew in every run and tries ``LONGER`` times as many. What it finds is
printed with the case, which then belongs into a table of the test's own.
"""

import os
from typing import Final

from hypothesis import settings

LONGER: Final = 20
IS_LONG: Final = os.environ.get("TEST_PROFILE", "house") == "long"


def examples(quick: int) -> int:
    """Return how many cases a property tries that tries ``quick`` in ``make test``."""
    return quick * LONGER if IS_LONG else quick


def load_profile() -> None:
    """Choose the profile of this run; before any test is defined, because a profile counts from that moment."""
    # The same cases in every run, so that a red build means a change and not the dice; no deadline, because the machine
    # is shared.
    settings.register_profile("house", derandomize=True, deadline=None, max_examples=examples(200))
    settings.register_profile("long", deadline=None, max_examples=examples(200), print_blob=True)
    settings.load_profile("long" if IS_LONG else "house")
