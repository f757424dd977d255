"""Solving challenges as a browser does, for tests: with ALTCHA's own solver, not with our code."""

from typing import Any

import altcha

_TRIES = 401


def solve(challenge: dict[str, Any]) -> str:
    """Return the proof for a challenge, as the field ``proof`` carries it."""
    asked = altcha.Challenge.from_dict(challenge)
    found = altcha.solve_challenge(asked)
    assert found is not None
    assert found.counter < _TRIES
    return altcha.Payload(asked, found).to_base64()
