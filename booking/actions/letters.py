"""Writing letters into the outbox, in the transaction of what they report."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from booking.actions.erased_bookings import erased_letters
from booking.extensions import db
from booking.ical.origin import origin_of
from booking.models import ASKING, Appointment, Kind, Letter, LetterStatus
from booking.rules.catalogue import Catalogue
from booking.rules.texts import FALLBACK

MOST_LETTERS_AN_HOUR = 10
REQUEST, CANCEL = "REQUEST", "CANCEL"
METHODS = {
    Kind.CONFIRMED: REQUEST,
    Kind.MOVED: REQUEST,
    Kind.RELOCATED: REQUEST,
    Kind.CANCELLED_BY_CITIZEN: CANCEL,
    Kind.CANCELLED_BY_OFFICE: CANCEL,
}

_WRITE = insert(Letter.metadata.tables[Letter.__tablename__])


def post(
    row: Appointment, catalogue: Catalogue, kind: Kind, *, now: datetime, once: str | None = None, unasked: bool = False
) -> None:
    """Write a letter about an appointment that has an address; ``once`` makes a second one of its kind impossible.

    ``unasked``: it tells of a move that its citizen did not ask for, so somebody has to call if it does not arrive.
    """
    if row.email:
        values = letter_values(row, catalogue, kind, now=now) | {"once": once, "unasked": unasked}
        db.session.connection().execute(_WRITE, values | {"appointment_id": row.id})


def letter_values(row: Appointment, catalogue: Catalogue, kind: Kind, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a waiting letter but for its appointment."""
    method = METHODS.get(kind)
    return {
        "kind": kind.value,
        "address": row.email,
        "language": row.language,
        "method": method,
        "sequence": row.sequence if method else None,
        "message_id": f"<{uuid.uuid4()}@{mail_domain(catalogue)}>",
        "medium": "mail",
        "status": LetterStatus.WAITING.value,
        "attempts": 0,
        "unasked": False,
        "created_at": now,
        "next_at": now,
    }


def may_write_to(row: Appointment, now: datetime) -> bool:
    """Whether this contact has had few enough unasked-for letters lately: nobody shall bury an address in our mail.

    Those of bookings that were erased meanwhile count, too. Lost links are counted apart (``lost_link``): whoever books
    for a stranger's address is told when this limit is reached, and would learn from one more letter, or one less, that
    the address has an appointment already.
    """
    lately = written_to(row, *ASKING, since=now - timedelta(hours=1)) + erased_letters(row, now)
    return lately < MOST_LETTERS_AN_HOUR


def written_to(row: Appointment, *kinds: Kind, since: datetime) -> int:
    """Return how many letters of these kinds an appointment's contact was written at its municipality after then."""
    query = (
        select(func.count(Letter.id))
        .join(Appointment, Appointment.id == Letter.appointment_id)
        .where(
            Appointment.municipality_id == row.municipality_id,
            Appointment.contact == row.contact,
            Letter.kind.in_([kind.value for kind in kinds]),
            Letter.created_at > since,
        )
    )
    return db.session.scalar(query) or 0


def supersede(row: Appointment, *kinds: Kind) -> None:
    """Withdraw the waiting letters of an appointment that later news makes pointless."""
    db.session.execute(
        update(Letter)
        .where(
            Letter.appointment_id == row.id,
            Letter.status == LetterStatus.WAITING,
            Letter.kind.in_([kind.value for kind in kinds]),
        )
        .values(status=LetterStatus.SUPERSEDED.value)
        .execution_options(synchronize_session=False)
    )


def mail_domain(catalogue: Catalogue) -> str:
    """Return the domain for Message-IDs and calendar UIDs: that of the From, in ASCII."""
    return origin_of(catalogue, FALLBACK).sender.rpartition("@")[2]
