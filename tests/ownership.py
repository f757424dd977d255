"""Whether active appointments own exactly their cells: asked by ``doctor`` and by SQL of the tests' own."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from booking.actions.check_deployment import broken_ownership
from booking.extensions import db

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


def assert_owned_exactly(now: datetime) -> None:
    """Active ⇔ owns exactly its cells, and no two appointments of a clerk overlap."""
    db.session.rollback()
    assert broken_ownership(now) == []
    assert wrong_in(db.session.connection(), now) == {}
    db.session.rollback()


def wrong_in(connection: Connection, now: datetime) -> dict[str, list[tuple[object, ...]]]:
    """Return the offending rows by question; empty when all is well."""
    seconds = SECONDS[connection.dialect.name]
    words = {"active": ACTIVE, "start": seconds.format("x.start"), "end": seconds.format('x."end"')}
    questions = {"count": WRONG_COUNT, "span": OUTSIDE_SPAN, "overlap": OVERLAPPING, "nobody": NOBODY}
    found = {}
    for name, question in questions.items():
        query = sa.text(question.format(**words))
        if ":now" in question:
            from booking.models.types import Instant

            query = query.bindparams(sa.bindparam("now", now, type_=Instant()))
        rows = [tuple(row) for row in connection.execute(query)]
        if rows:
            found[name] = rows
    return found
