"""Writing the audit log, in the transaction of what it tells."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from booking.extensions import db
from booking.models import Appointment, Audit
from booking.rules.roles import Actor

_WRITE = insert(Audit.metadata.tables[Audit.__tablename__])


def record(
    by: Actor, verb: str, subject: Appointment | str, *, now: datetime, office: int | None = None, **details: Any
) -> None:
    """Write who did what to which appointment (its row) or setting (``closure 12``).

    ``details`` are codes, ids and settings that JSON can hold: no citizen's name, address, number, note or answer.
    """
    values = {
        "at": now,
        "municipality_id": by.municipality,
        "office_id": subject.office_id if isinstance(subject, Appointment) else office,
        "login_id": by.login,
        "role": by.role.value,
        "verb": verb,
        "subject": f"appointment {subject.reference}" if isinstance(subject, Appointment) else subject,
        "details": details,
    }
    db.session.connection().execute(_WRITE, values)
