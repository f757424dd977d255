"""Proofs of work that telephones have made: the service checks real ones, but our two cores do not pay for them.

A telephone needs seconds for one (docs/decisions/2026-11-22-abuse-mode.md), and thousands of them work at once. Here
each proof is of a challenge signed with the installation's own key whose answer was chosen beforehand, so that it takes
one try instead of hundreds. What the service has to do, issuing and checking, is the same.
"""

from dataclasses import dataclass, field

import altcha

from bench.crowd.arrivals import Thinking
from booking import clock
from booking.actions import proofs
from booking.actions.keys import keyring

SOLVING = Thinking(3, 8)  # seconds on a telephone, median and ninth decile: assumed
ANSWER = 250


@dataclass
class Proofs:
    """Proofs for one office; ``made`` beforehand, for the making costs five milliseconds."""

    town: str
    office: str
    made: list[str] = field(default_factory=list)

    def make(self, number: int) -> None:
        """Make so many in advance; they are good for twenty minutes. Inside an application context."""
        self.made += [self._one() for _ in range(number)]

    def take(self) -> str:
        """Return one that nobody has used."""
        return self.made.pop() if self.made else self._one()

    def _one(self) -> str:
        sign, seal = proofs._keys(keyring().keys[0])  # noqa: SLF001 - the shortcut that this module is about
        until = int((clock.now() + proofs.LIVES).timestamp())
        asked = altcha.create_challenge(
            proofs.ALGORITHM,
            proofs.COST,
            counter=ANSWER,
            data={"action": proofs.ACTION, "office": f"{self.town}/{self.office}", "until": until},
            hmac_secret=sign,
            hmac_key_secret=seal,
        )
        found = altcha.solve_challenge(asked, counter_start=ANSWER)
        assert found is not None
        return altcha.Payload(asked, found).to_base64()
