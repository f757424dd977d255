"""Find an appointment by one of its secrets."""

from sqlalchemy import select

from booking.actions.catalogues import catalogue_by_id
from booking.actions.keys import keyring
from booking.actions.presenting import present
from booking.actions.transaction import reads
from booking.errors import LinkRevoked, NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue
from booking.rules.secrets import heard, is_holder, parse_token, proves


@reads
def find_by_token(token: str) -> Appointment:
    """Return the appointment of a mailed link. Raises NotFound, or LinkRevoked for a link that was valid once."""
    row = row_by_token(token)
    return present(row, catalogue_by_id(row.municipality_id))


@reads
def find_by_holder(reference: str, holder: str) -> Appointment:
    """Return the appointment of the browser that booked it. Raises NotFound."""
    row = row_by_holder(reference, holder)
    return present(row, catalogue_by_id(row.municipality_id))


@reads
def town_of(token: str) -> Catalogue | None:
    """Return the municipality of a link that once opened an appointment and is revoked; None of any other."""
    parsed = parse_token(token)
    if parsed is None:
        return None
    row = db.session.scalars(select(Row).where(Row.reference == parsed.reference)).one_or_none()
    if row is None or not any(proves(parsed, older, keyring()) for older in range(row.generation + 1)):
        return None
    return catalogue_by_id(row.municipality_id)


def row_by_token(token: str) -> Row:
    """Return the row that a token opens."""
    parsed = parse_token(token)
    row = None if parsed is None else _row(parsed.reference)
    if parsed is None or row is None:
        raise NotFound("appointment")
    if proves(parsed, row.generation, keyring()):
        return row
    if any(proves(parsed, older, keyring()) for older in range(row.generation)):
        raise LinkRevoked
    raise NotFound("appointment")


def row_by_holder(reference: str, holder: str) -> Row:
    """Return the row that a reference and its holder open; a wrong holder is answered like an unknown reference."""
    row = _row(heard(reference))
    if row is None or not is_holder(holder, row.reference, keyring()):
        raise NotFound("appointment")
    return row


def _row(reference: str) -> Row | None:
    query = select(Row).where(Row.reference == reference, Row.erased_at.is_(None))
    return db.session.scalars(query).one_or_none()
