"""Whether what must always hold does hold, asked of the tables alone: by SQL of its own, never by the service's code.

``python -m tools.check_tables [DATABASE_URL] [--answers FILE]`` prints what is wrong and ends with 1 if anything is.
FILE is what clients were told: one JSON object a line, ``{"reference": …, "status": …}``, the latest one counts; a
status of null means that the last question was never answered, so that either outcome is right.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from booking.models.types import Instant

Rows = list[tuple[object, ...]]
ASKING = "('verify', 'too_many', 'address_first', 'by_phone')"
ACTIVE = "('pending', 'confirmed', 'checked_in', 'called', 'serving', 'served')"
SECONDS = {
    "sqlite": "CAST(strftime('%s', {}) AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM {}) AS bigint)",
}
# An appointment that is pending past its time may have lost its cells to others; nobody else may lack or exceed them.
WRONG_COUNT = """
SELECT a.reference, a.status, c.wanted, (SELECT count(*) FROM cell WHERE appointment_id = a.id) AS owned
FROM appointment a JOIN (
    SELECT x.id, sum(({end} - {start} + k.after_minutes * 60 + 299) / 300) AS wanted
    FROM appointment x JOIN appointment_clerk k ON k.appointment_id = x.id GROUP BY x.id
) c ON c.id = a.id
WHERE (SELECT count(*) FROM cell WHERE appointment_id = a.id)
   <> CASE WHEN a.status IN {active} THEN c.wanted ELSE 0 END
  AND NOT (a.status = 'pending' AND a.confirm_by <= :now)
"""
OUTSIDE_SPAN = """
SELECT x.reference, cell.moment FROM cell JOIN appointment x ON x.id = cell.appointment_id
LEFT JOIN appointment_clerk k ON k.appointment_id = x.id AND k.clerk_id = cell.clerk_id
WHERE k.clerk_id IS NULL OR cell.moment < {start} OR cell.moment >= {end} + k.after_minutes * 60
"""
OVERLAPPING = """
SELECT x.reference, y.reference FROM appointment x JOIN appointment_clerk k ON k.appointment_id = x.id
JOIN appointment_clerk l ON l.clerk_id = k.clerk_id JOIN appointment y ON y.id = l.appointment_id AND y.id > x.id
WHERE x.status IN {active} AND y.status IN {active} AND x.start < y."end" AND y.start < x."end"
  AND NOT (x.status = 'pending' AND x.confirm_by <= :now) AND NOT (y.status = 'pending' AND y.confirm_by <= :now)
"""
NOBODY = """
SELECT a.reference FROM appointment a WHERE a.status IN {active} AND a.start IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM appointment_clerk k WHERE k.appointment_id = a.id)
"""
# No booking without its letter where there is an address; who cancelled before confirming has read the first one. One
# whose address had ten such letters within the hour gets none: nobody shall bury it in our mail (actions/letters.py).
UNTOLD = """
SELECT a.reference, a.status FROM appointment a WHERE a.email <> '' AND a.start IS NOT NULL AND a.arrived_at IS NULL
AND (NOT EXISTS (SELECT 1 FROM letter l WHERE l.appointment_id = a.id)
     AND (a.channel IN ('online', 'api') OR a.confirmed_at IS NOT NULL)
     AND (SELECT count(*) FROM letter l JOIN appointment b ON b.id = l.appointment_id
          WHERE b.municipality_id = a.municipality_id AND b.contact = a.contact AND l.kind IN {asking}
          AND {written} <= {booked} AND {written} >= {booked} - 3600) < 10
  OR a.confirmed_at IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM letter l WHERE l.appointment_id = a.id
         AND l.kind NOT IN {asking} AND l.kind <> 'link'))
"""
LETTER_OF_NOBODY = """
SELECT l.id, l.kind FROM letter l LEFT JOIN appointment a ON a.id = l.appointment_id WHERE a.id IS NULL
"""
# An action that ran twice would write at the same moment twice: the moment is its argument.
TOLD_TWICE = """
SELECT l.appointment_id, l.kind, count(*) FROM letter l WHERE l.status <> 'superseded'
GROUP BY l.appointment_id, l.kind, l.created_at, l.address, l.sequence HAVING count(*) > 1
"""
WRONG_CLAIM = """
SELECT a.reference, a.status FROM claim c JOIN appointment a ON a.id = c.appointment_id
WHERE a.status IN ('pending', 'expired', 'cancelled') OR a.contact IS NULL OR a.contact <> c.contact
"""
UNCLAIMED = """
SELECT a.reference FROM appointment a WHERE a.status = 'confirmed' AND a.channel IN ('online', 'api')
AND a.contact IS NOT NULL AND a."end" > :now
AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.appointment_id = a.id)
"""
SAME_KEY = """
SELECT r.route, r.key, r.appointment_id FROM replay r LEFT JOIN appointment a ON a.id = r.appointment_id
WHERE a.id IS NULL
"""
QUESTIONS = {
    "count": WRONG_COUNT,
    "span": OUTSIDE_SPAN,
    "overlap": OVERLAPPING,
    "nobody": NOBODY,
    "untold": UNTOLD,
    "letter of nobody": LETTER_OF_NOBODY,
    "told twice": TOLD_TWICE,
    "wrong claim": WRONG_CLAIM,
    "unclaimed": UNCLAIMED,
    "replay of nothing": SAME_KEY,
}


def wrong_in(connection: Connection, now: datetime) -> dict[str, Rows]:
    """Return the offending rows by question; empty when all is well."""
    seconds = SECONDS[connection.dialect.name]
    names = {"start": "x.start", "end": 'x."end"', "written": "l.created_at", "booked": "a.created_at"}
    words = {"active": ACTIVE, "asking": ASKING} | {word: seconds.format(name) for word, name in names.items()}
    found = {}
    for name, question in QUESTIONS.items():
        query = sa.text(question.format(**words))
        if ":now" in question:
            query = query.bindparams(sa.bindparam("now", now, type_=Instant()))
        if rows := [tuple(row) for row in connection.execute(query)]:
            found[name] = rows
    return found


def lost_in(connection: Connection, answered: Mapping[str, str | None]) -> Rows:
    """Return (reference, what its client was told, what stands) wherever a success was answered and is not there.

    ``answered``: reference → status of the last success; None when the last question's answer never came.
    """
    statuses = connection.execute(sa.text("SELECT reference, status FROM appointment")).all()
    standing: dict[str, str] = {row.reference: row.status for row in statuses}
    return [
        (reference, told, standing.get(reference))
        for reference, told in answered.items()
        if reference not in standing or told not in {None, standing[reference]}
    ]


def wrong_letters(connection: Connection, arrived: Iterable[str]) -> dict[str, Rows]:
    """Compare the outbox with the Message-IDs that the relay accepted, after the last letter has left.

    One that arrived twice has one Message-ID: that is allowed (design.md §3, 10); none may have arrived from nowhere.
    """
    outbox = connection.execute(sa.text("SELECT message_id, status, kind FROM letter WHERE medium = 'mail'")).all()
    taken = Counter(arrived)
    known = {message_id for message_id, _, _ in outbox}
    found = {
        "unsent": [tuple(row) for row in outbox if row.status == "waiting"],
        "sent and never arrived": [
            tuple(row) for row in outbox if row.status == "sent" and row.message_id not in taken
        ],
        "arrived from nowhere": [(message_id,) for message_id in taken if message_id not in known],
    }
    return {name: rows for name, rows in found.items() if rows}


def main() -> int:
    """Check one database and say what is wrong in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", default=os.environ.get("DATABASE_URL"))
    parser.add_argument("--answers", type=Path, help="what clients were told, one JSON object a line")
    chosen = parser.parse_args()
    if not chosen.url:
        parser.error("DATABASE_URL is missing")
    engine = sa.create_engine(chosen.url)
    with engine.connect() as connection:
        found = wrong_in(connection, datetime.now(UTC))
        if chosen.answers and (lost := lost_in(connection, _answers(chosen.answers))):
            found["lost"] = lost
    engine.dispose()
    for name, rows in found.items():
        print(f"{name}: {len(rows)}, the first: {rows[:5]}")
    print("something is wrong" if found else "all is well")
    return 1 if found else 0


def _answers(file: Path) -> dict[str, str | None]:
    answers = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    return {answer["reference"]: answer["status"] for answer in answers}


if __name__ == "__main__":
    sys.exit(main())
