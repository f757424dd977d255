"""Rows and orders for tests, with defaults: one office, one clerk, two concerns, a fixed Monday."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from booking.actions.book import book
from booking.actions.confirm import confirm
from booking.extensions import db
from booking.models import Block, Clerk, Concern, ConcernDocument, ConcernOffice, Document, Municipality, Office
from booking.rules.appointments import Appointment, Order, Wish

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 07:00 in Berlin: the last day of the window has just opened
NINE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # Tuesday, 09:00 in Berlin
HOURS = {"start": time(8, 30), "end": time(12)}


def a_municipality(slug: str = "musterstadt", **fields: Any) -> Municipality:
    """Store a municipality whose Bürgerbüro serves ID cards and certificates, Monday to Friday from 8:30 to 12."""
    row = Municipality(
        **{
            "slug": slug,
            "name": {"de": "Stadt Musterstadt"},
            "timezone": "Europe/Berlin",
            "languages": ["de", "en"],
            "sender_email": "termine@example.org",
            "holidays": {"country": "DE", "state": "NI"},
            "policy": {"max_open_per_network": 1000, "proof_above": 1000},
            **fields,
        }
    )
    db.session.add(row)
    db.session.flush()
    office = an_office(row)
    concerns = [
        a_concern(row, office, "personalausweis", minutes=15, extra_minutes=10),
        a_concern(row, office, "meldebescheinigung", minutes=10, extra_minutes=5),
    ]
    passport = Document(municipality_id=row.id, slug="ausweis", kind="document", name={"de": "Ausweis", "en": "ID"})
    db.session.add(passport)
    db.session.flush()
    for concern in concerns:
        concern.documents.append(ConcernDocument(document_id=passport.id))
    a_clerk(row, office)
    db.session.commit()
    return row


def an_office(municipality: Municipality, slug: str = "buergerbuero", **fields: Any) -> Office:
    row = Office(
        **{
            "municipality_id": municipality.id,
            "slug": slug,
            "name": {"de": slug.capitalize()},
            "street": "Am Markt 1",
            "postal_code": "29690",
            "city": "Musterstadt",
            "phone": "05071 809-99",
            "email": f"{slug}@example.org",
            **fields,
        }
    )
    db.session.add(row)
    db.session.flush()
    return row


def a_concern(municipality: Municipality, office: Office, slug: str, **fields: Any) -> Concern:
    name = {"de": slug.capitalize(), "en": f"{slug} (en)"}
    row = Concern(**{"municipality_id": municipality.id, "slug": slug, "name": name, "max_quantity": 6, **fields})
    row.offices.append(ConcernOffice(office_id=office.id))
    db.session.add(row)
    db.session.flush()
    return row


def a_clerk(municipality: Municipality, office: Office, slug: str = "platz1", **fields: Any) -> Clerk:
    row = Clerk(
        **{"municipality_id": municipality.id, "slug": slug, "name": {"de": slug}, "all_concerns": True, **fields}
    )
    row.blocks = [Block(office_id=office.id, weekday=day, kind="online", **HOURS) for day in range(5)]
    db.session.add(row)
    db.session.flush()
    return row


def an_order(**fields: Any) -> Order:
    """What a citizen asks for: an ID card on Tuesday at nine."""
    made = fields.pop("key", f"key-{next(_numbers)}")
    defaults = {
        "municipality": "musterstadt",
        "office": "buergerbuero",
        "start": NINE,
        "wishes": (Wish("personalausweis"),),
        "name": "Anna Beispiel",
        "email": "anna@example.org",
        "phone": "",
        "language": "de",
        "answers": {},
        "channel": "online",
        "key": made,
        "body": b"{}",
        "network": "127.0.0.1",
    }
    return Order(**{**defaults, **fields})


def a_booking(now: datetime = MONDAY, **fields: Any) -> Appointment:
    """Book and leave unconfirmed."""
    return book(an_order(**fields), now=now)


def an_appointment(now: datetime = MONDAY, **fields: Any) -> Appointment:
    """Book and confirm a minute later."""
    return confirm(a_booking(now, **fields).token, now=now + timedelta(minutes=1))


_numbers = iter(range(1_000_000))
