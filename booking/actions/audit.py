"""Writing the audit log, in the transaction of what it tells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from booking.extensions import db
from booking.models import Appointment, Audit, Membership
from booking.rules.roles import RANK, Actor, Role

OPERATOR = "operator"  # who runs commands; no role of a login
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
        "subject": subject_of(subject) if isinstance(subject, Appointment) else subject,
        "details": details,
    }
    db.session.connection().execute(_WRITE, values)


def recorded(by: Actor, verb: str, *, now: datetime) -> Mapping[str, Mapping[str, Any]]:
    """Return what a login did at this very instant, details by subject: an action that runs again finds it done.

    The instant is that of one press of one button, to the microsecond; only a commit whose answer was lost leaves it.
    """
    mine = (Audit.municipality_id == by.municipality, Audit.at == now, Audit.login_id == by.login, Audit.verb == verb)
    found = db.session.execute(select(Audit.subject, Audit.details).where(*mine))
    return {row.subject: row.details for row in found}


def subject_of(row: Appointment) -> str:
    """Return how the log calls an appointment."""
    return f"appointment {row.reference}"


def record_login(login: int, verb: str, *, now: datetime, **details: Any) -> None:
    """Write what somebody did with the own login, once in each municipality, in the highest role held there."""
    for municipality, role in highest_roles(login).items():
        record(Actor(login, role, municipality), verb, f"login {login}", now=now, **details)


def record_by_operator(login: int, verb: str, *, now: datetime, **details: Any) -> None:
    """Write what a command did to a login, in each municipality that it has a role in."""
    about = {"office_id": None, "login_id": None, "role": OPERATOR, "verb": verb, "subject": f"login {login}"}
    for municipality in highest_roles(login):
        values = {"at": now, "municipality_id": municipality, **about, "details": details}
        db.session.connection().execute(_WRITE, values)


def highest_roles(login: int) -> dict[int, Role]:
    """Return a login's highest role by municipality."""
    held = select(Membership.municipality_id, Membership.role).where(Membership.login_id == login)
    highest: dict[int, Role] = {}
    for municipality, role in db.session.execute(held.order_by(Membership.municipality_id)):
        highest[municipality] = max(Role(role), highest.get(municipality, Role(role)), key=RANK.__getitem__)
    return highest
