"""Calendar entries: what is in them, what must not be, and that two independent readers agree on when it is."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from flask import Flask
from icalendar import Calendar, Component

from booking.extensions import db
from booking.ical import CANCEL, REQUEST, Edition, calendar_object, download
from booking.models import ConcernDocument, Document
from booking.rules.appointments import Appointment, Wish
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_concern, a_municipality, an_appointment, an_office

pytestmark = pytest.mark.usefixtures("context")

SENT = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
SUMMER_NOW = datetime(2026, 6, 8, 6, 0, tzinfo=UTC)
SUMMER_NINE = datetime(2026, 6, 9, 7, 0, tzinfo=UTC)
GOLDEN = """\
BEGIN:VCALENDAR
PRODID:-//Wartefrei//Termin 1.0//DE
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTAMP:20261123T060500Z
CREATED:20261123T060000Z
LAST-MODIFIED:20261123T060100Z
SUMMARY:Buergerbuero: 2 × Personalausweis
DESCRIPTION:2 × Personalausweis\\nTerminnummer: ABC-DEFG\\n\\nBitte mitbring
 en:\\n- Ausweis\\n\\nVerlegen oder absagen: http://localhost/musterstadt/link
 \\n\\nWer den Termin nur im Kalender ablehnt oder löscht\\, hat ihn noch nic
 ht abgesagt.\\n\\nTelefon: 05071 809-99
UID:one@example.org
SEQUENCE:0
CLASS:PRIVATE
URL:http://localhost/musterstadt/link
ORGANIZER;CN="Stadt Musterstadt":mailto:termine@example.org
LOCATION:Buergerbuero\\, Am Markt 1\\, 29690 Musterstadt
TRANSP:OPAQUE
STATUS:CONFIRMED
ATTENDEE;CN="Anna Beispiel";CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=R
 EQ-PARTICIPANT;RSVP=FALSE:mailto:anna@example.org
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
DTSTART;TZID=Europe/Berlin:20261124T090000
DTEND;TZID=Europe/Berlin:20261124T092500
BEGIN:VALARM
DESCRIPTION:Buergerbuero: 2 × Personalausweis
ACTION:DISPLAY
TRIGGER:-P1D
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def an_edition(method: str = REQUEST, sequence: int = 0, **fields: Any) -> Edition:
    return Edition(
        **{
            "method": method,
            "sequence": sequence,
            "stamp": SENT,
            "language": "de",
            "attendee": "anna@example.org",
            **fields,
        }
    )


def event_of(entry: bytes) -> Component:
    (event,) = Calendar.from_ical(entry).walk("VEVENT")
    return event


def test_the_bytes_are_these() -> None:
    a_municipality()
    found = replace(an_appointment(wishes=(Wish("personalausweis", 2),)), uid="one@example.org", reference="ABCDEFG")
    assert calendar_object(found, an_edition()).decode() == GOLDEN.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("now", "start", "wall"), [(MONDAY, NINE, "09:00 +0100"), (SUMMER_NOW, SUMMER_NINE, "09:00 +0200")]
)
def test_two_readers_agree_on_the_time_in_winter_and_in_summer(now: datetime, start: datetime, wall: str) -> None:
    a_municipality()
    entry = calendar_object(an_appointment(now, start=start), an_edition())
    ours = event_of(entry)
    theirs: Any = vobject.readOne(entry.decode())
    assert f"{ours.start:%H:%M %z}" == f"{theirs.vevent.dtstart.value:%H:%M %z}" == wall  # type: ignore[attr-defined]
    assert ours.start == theirs.vevent.dtstart.value == start  # type: ignore[attr-defined]
    assert ours.end == theirs.vevent.dtend.value == start + timedelta(minutes=15)  # type: ignore[attr-defined]
    zone = tzical(io.StringIO(entry.decode().replace("\r\n ", ""))).get("Europe/Berlin")
    assert f"{start.astimezone(zone):%H:%M %z}" == wall


@pytest.mark.parametrize("name", ["Ä" * 190, "🎉" * 100, "مرحبا " * 30, 'Anna "die Große" Beispiel', "a;b,c:d\\e"])
def test_no_line_is_longer_than_75_octets_and_no_sign_is_torn(name: str) -> None:
    a_municipality()
    entry = calendar_object(replace(an_appointment(), name=name), an_edition())
    assert b"\n" not in entry.replace(b"\r\n", b"")
    for line in entry.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert event_of(entry)["ATTENDEE"].params["CN"] == name.replace('"', " ").strip()


def test_a_name_with_line_breaks_begins_no_line_of_its_own() -> None:
    a_municipality()
    found = replace(an_appointment(), name="Anna\r\nATTENDEE:mailto:eve@example.org\nX:1")
    event = event_of(calendar_object(found, an_edition()))
    assert str(event["ATTENDEE"]) == "mailto:anna@example.org"
    assert "X" not in event


def test_a_cancellation_cancels_the_same_entry() -> None:
    a_municipality()
    found = replace(an_appointment(), status=Status.CANCELLED, sequence=1)
    entry = calendar_object(found, an_edition(CANCEL, 1))
    event = event_of(entry)
    assert Calendar.from_ical(entry)["METHOD"] == "CANCEL"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (found.uid, 1, "CANCELLED")
    assert str(event["ATTENDEE"]) == "mailto:anna@example.org"
    assert str(event["ORGANIZER"]) == "mailto:termine@example.org"
    assert event.start == NINE  # type: ignore[attr-defined]
    assert not event.walk("VALARM")


def test_the_organizer_is_the_sender_as_relays_write_it() -> None:
    a_municipality(sender_email="termine@gemeinde-süd.de")
    event = event_of(calendar_object(an_appointment(), an_edition()))
    assert str(event["ORGANIZER"]) == "mailto:termine@xn--gemeinde-sd-2hb.de"


@pytest.mark.parametrize(("server", "asks"), [(None, "FALSE"), ("imap.example.org", "TRUE")])
def test_an_answer_is_asked_for_only_where_somebody_listens(app: Flask, server: str | None, asks: str) -> None:
    a_municipality()
    app.config["IMAP_SERVER"] = server
    event = event_of(calendar_object(an_appointment(), an_edition()))
    assert event["ATTENDEE"].params["RSVP"] == asks


def test_the_download_invites_nobody() -> None:
    a_municipality()
    found = replace(an_appointment(), sequence=3)
    entry = download(found, now=SENT)
    event = event_of(entry)
    assert Calendar.from_ical(entry)["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in event
    assert (event["UID"], event["SEQUENCE"]) == (found.uid, 3)


@pytest.mark.parametrize("status", [Status.SERVED, Status.NO_SHOW])
def test_what_was_never_cancelled_is_never_called_so(status: Status) -> None:
    a_municipality()
    event = event_of(download(replace(an_appointment(), status=status), now=SENT))
    assert event["STATUS"] == "CONFIRMED"
    assert "abgesagt.\n" not in str(event["DESCRIPTION"]).split("Terminnummer")[0]


def test_an_entry_carries_no_secret() -> None:
    a_municipality()
    found = an_appointment()
    for edition in (an_edition(), an_edition(CANCEL, 1), an_edition("PUBLISH", attendee="")):
        text = calendar_object(found, edition).replace(b"\r\n ", b"").decode()
        assert not [secret for secret in (found.token, found.holder, found.code) if secret in text]
        assert "/t/" not in text


def a_discreet_appointment() -> Appointment:
    row = a_municipality()
    registry = an_office(row, "standesamt")
    leaving = a_concern(row, registry, "kirchenaustritt", minutes=15, discreet=True)
    proof = Document(municipality_id=row.id, slug="taufe", kind="document", name={"de": "Taufurkunde"})
    db.session.add(proof)
    db.session.flush()
    leaving.documents.append(ConcernDocument(document_id=proof.id))
    clerk_at(registry.id)
    return an_appointment(office="standesamt", wishes=(Wish("kirchenaustritt"),))


def clerk_at(office: int) -> None:
    from booking.models import Block, Clerk
    from tests.builders import HOURS

    clerk = db.session.query(Clerk).one()
    clerk.blocks.append(Block(office_id=office, weekday=1, kind="online", **HOURS))
    municipality_changed()


def municipality_changed() -> None:
    import sqlalchemy as sa

    from booking.models import Municipality

    db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
    db.session.commit()


@pytest.mark.parametrize("method", [REQUEST, CANCEL])
def test_a_discreet_concern_is_nowhere_in_the_entry(method: str) -> None:
    entry = calendar_object(a_discreet_appointment(), an_edition(method))
    text = entry.replace(b"\r\n ", b"").decode()
    assert event_of(entry)["SUMMARY"] == "Termin im Standesamt"
    assert "irchenaustritt" not in text
    assert "Taufurkunde" not in text


def test_an_address_that_staff_typed_gets_neither_name_nor_concern() -> None:
    a_municipality()
    found = replace(an_appointment(), channel="phone", address_proven=False)
    text = calendar_object(found, an_edition()).replace(b"\r\n ", b"").decode()
    assert "Beispiel" not in text
    assert "ersonalausweis" not in text
    assert "Ausweis" not in text
    assert "LOCATION:Buergerbuero" in text


def test_an_entry_speaks_the_letters_language() -> None:
    a_municipality()
    event = event_of(calendar_object(an_appointment(), an_edition(language="en")))
    assert "Please bring:" in event["DESCRIPTION"]


def in_zone(found: Appointment, zone: str) -> Appointment:
    return replace(found, catalogue=replace(found.catalogue, zone=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("zone", "has_zone"),
    [
        ("America/New_York", True),
        ("Europe/Lisbon", True),
        ("Australia/Sydney", True),
        ("Asia/Tokyo", True),
        ("Africa/Casablanca", False),  # its summer time stops for Ramadan: no yearly rule
    ],
)
def test_in_every_zone_both_readers_see_the_instant(zone: str, has_zone: bool) -> None:
    a_municipality()
    for now, start in ((MONDAY, NINE), (SUMMER_NOW, SUMMER_NINE)):
        found = in_zone(an_appointment(now, start=start), zone)
        entry = calendar_object(found, an_edition())
        assert (b"BEGIN:VTIMEZONE" in entry) is has_zone
        theirs: Mapping[str, Any] | Any = vobject.readOne(entry.decode())
        assert theirs.vevent.dtstart.value == start
        assert event_of(entry).start == start  # type: ignore[attr-defined]
        if has_zone:
            read = tzical(io.StringIO(entry.decode())).get(zone)
            assert start.astimezone(read).utcoffset() == start.astimezone(ZoneInfo(zone)).utcoffset()
