"""What must hold of every entry in the audit log, after whichever test wrote it: no citizen's data stands in it."""

import json

import sqlalchemy as sa

from booking.extensions import db
from booking.models import Appointment, Audit

SHORTEST = 5  # what is shorter stands in other words by chance


def citizens_in_the_log() -> list[str]:
    """Return the log's entries in which something personal of an appointment can be read."""
    log = db.session.execute(sa.select(Audit.verb, Audit.subject, Audit.details)).all()
    if not log:
        return []
    columns = [column for column in Appointment.__table__.columns if column.info.get("personal")]
    rows = db.session.execute(sa.select(*columns)).all()
    secrets = {value for row in rows for value in row if isinstance(value, str) and len(value) >= SHORTEST}
    told = [f"{verb} {subject} {json.dumps(details, ensure_ascii=False)}" for verb, subject, details in log]
    return [entry for entry in told if any(secret in entry for secret in secrets)]
