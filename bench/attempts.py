"""``make attempts``: very many bookings attempted by clients at once, in every mix; then only the tables are asked.

``python -m bench.attempts actions 40000 --round 7`` calls the actions from several processes, with a clock that runs
through three weeks; ``python -m bench.attempts http 10000`` asks gunicorn as browsers and the counter do. ``--engine
sqlite`` for SQLite. Ends with 1 if one time was given twice, or one success is not in the tables.
"""

import argparse
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bench.crowd import by_actions, by_http
from bench.crowd.figures import exactly
from bench.crowd.ledger import Ledger
from bench.crowd.stage import prepared
from booking import clock
from booking.extensions import db
from booking.models import Clerk, Concern, Office
from tests.builders import a_clerk, a_municipality, an_office
from tests.ownership import wrong_in

TOWN = "musterstadt"
MANY = {"actions": 2, "http": 32}  # clients at once: processes, or lines
CLERKS, SHARED = 6, 2  # two of them work at both offices: a booking at one must see what the other has taken


def main() -> None:
    """Attempt, then check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("how", choices=["actions", "http"])
    parser.add_argument("attempts", type=int)
    parser.add_argument("--engine", default="postgresql", choices=["postgresql", "sqlite"])
    parser.add_argument("--clients", type=int, default=0, help="processes (actions, default 2) or lines (http, 32)")
    parser.add_argument("--round", type=int, default=0, help="other people, who throw other dice")
    asked = parser.parse_args()
    many = asked.clients or MANY[asked.how]
    clients = range(asked.round * many, (asked.round + 1) * many)
    with (
        tempfile.TemporaryDirectory(prefix="wartefrei-attempts-") as folder,
        prepared(asked.engine, Path(folder), "attempts") as (url, app),
    ):
        build()
        begun = time.perf_counter()
        if asked.how == "actions":
            ledger = by_actions.attempt(url, asked.attempts, clients=clients)
            end = by_actions.BEGIN + by_actions.LENGTH
        else:
            ledger = by_http.attempt(app, url, Path(folder), attempts=asked.attempts, clients=clients)
            end = clock.now()
        ok = _report(ledger, time.perf_counter() - begun, end=end)
    sys.exit(0 if ok else 1)


def build() -> None:
    """Store a town of two offices and six clerks, of whom two work half a week at each."""
    most = ("max_open_per_network", "max_open_per_contact", "max_active_per_contact")
    policy = dict.fromkeys(most, 10**6) | {"proof_above": 10**5}
    town = a_municipality(TOWN, policy=policy | {"confirm_minutes": 1, "lead_minutes": 0}, holidays={"country": "DE"})
    office = db.session.scalars(sa.select(Office)).one()
    other = an_office(town, "rathaus")
    for concern in town_concerns(town.id):
        concern.offices.append(type(concern.offices[0])(office_id=other.id))
    first = db.session.scalars(sa.select(Clerk)).one()
    clerks = [first, *(a_clerk(town, office, f"platz{number}") for number in range(2, CLERKS + 1))]
    for place, clerk in enumerate(clerks):
        for block in clerk.blocks if place < SHARED else []:
            block.office_id = other.id if (block.weekday or 0) % 2 else office.id
    town.revision += 1
    db.session.commit()


def town_concerns(town: int) -> list[Concern]:
    """Return what the town offers."""
    return list(db.session.scalars(sa.select(Concern).where(Concern.municipality_id == town).order_by(Concern.id)))


def _report(ledger: Ledger, seconds: float, *, end: datetime) -> bool:
    db.session.rollback()
    for what in sorted(ledger.asked):
        print(f"{what:16} asked {ledger.asked[what]:8}, had {ledger.had[what]:8}")
    print("refused: " + ", ".join(f"{code} {number}" for code, number in ledger.refused.most_common()))
    total = sum(ledger.asked.values())
    print(f"{total} requests in {seconds:.0f} s: {total / seconds:.0f} a second")
    lost = ledger.lost()
    return all(
        [
            exactly("overlaps and wrong cells", wrong_in(db.session.connection(), end), {}),
            exactly("successes that were lost", lost[:20], []),
        ]
    )


if __name__ == "__main__":
    main()
