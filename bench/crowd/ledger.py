"""What a client was told, to be compared with the tables afterwards: nothing answered with success may be lost."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import sqlalchemy as sa

from booking.extensions import db
from booking.models import Appointment

UNCONFIRMED = frozenset({"pending", "expired"})
BATCH = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What an appointment was when its client heard of it last."""

    statuses: frozenset[str]
    start: datetime | None


@dataclass
class Ledger:
    """By reference what was told last, and how often each thing was asked and had."""

    told: dict[str, Told] = field(default_factory=dict)
    walk_ins: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    had: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def hear(self, what: str, reference: str, statuses: frozenset[str], start: datetime | None) -> None:
        """Note a success."""
        self.had[what] += 1
        self.told[reference] = Told(statuses, start)

    def __iadd__(self, other: "Ledger") -> Self:
        """Take over what another client was told."""
        self.told |= other.told
        self.walk_ins += other.walk_ins
        self.asked += other.asked
        self.had += other.had
        self.refused += other.refused
        return self

    def lost(self) -> list[str]:
        """Return a sentence for every success that the tables do not know, or know otherwise."""
        wrong, references = [], sorted(self.told)
        for first in range(0, len(references), BATCH):
            wrong += self._wrong_among(references[first : first + BATCH])
        numbered = sa.select(sa.func.count()).where(Appointment.channel == "desk", Appointment.number.is_not(None))
        if (found := db.session.scalar(numbered)) != self.walk_ins:
            wrong.append(f"{self.walk_ins} people were given a number, {found} are in the tables")
        return wrong

    def _wrong_among(self, references: list[str]) -> list[str]:
        query = sa.select(Appointment.reference, Appointment.status, Appointment.start)
        rows = db.session.execute(query.where(Appointment.reference.in_(references)))
        found = {reference: (status, start) for reference, status, start in rows}
        return [
            f"{reference}: told {sorted(told.statuses)} {told.start}, found {found.get(reference)}"
            for reference in references
            for told in [self.told[reference]]
            if not _agrees(told, found.get(reference))
        ]


def _agrees(told: Told, found: tuple[str, datetime | None] | None) -> bool:
    return found is not None and found[0] in told.statuses and (told.start is None or found[1] == told.start)
