"""What arrives in a mailbox from booking to cancellation: one entry that moves and goes, read by two libraries."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, NamedTuple

import pytest
import vobject
from flask import Flask
from icalendar import Calendar

from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm
from booking.actions.move import move
from booking.actions.send_letters import send_letters
from tests.builders import MONDAY, NINE, a_booking, a_municipality
from tests.relays import Relay, listening

MINUTE = timedelta(minutes=1)
SUMMER = datetime(2026, 6, 8, 6, 0, tzinfo=UTC), datetime(2026, 6, 9, 7, 0, tzinfo=UTC), "+0200"
WINTER = MONDAY, NINE, "+0100"
# From the last day of summer time into winter time, on the wall clock from nine to ten.
ACROSS = datetime(2026, 10, 22, 6, 0, tzinfo=UTC), datetime(2026, 10, 23, 7, 0, tzinfo=UTC), "+0200"


class Entry(NamedTuple):
    mime_method: str
    method: str
    uid: str
    sequence: int
    status: str
    start: datetime
    stamp: datetime


@pytest.fixture
def sending(with_settings: Callable[..., Flask]) -> Iterator[Relay]:
    with listening(Relay()) as relay, with_settings(mail_port=relay.port).app_context():
        a_municipality()
        yield relay


def entries(relay: Relay) -> list[Entry]:
    """Read every entry with both libraries, which must agree."""
    return [_read(part) for message in relay.taken for part in message.walk() if _is_entry(part)]


def _is_entry(part: EmailMessage) -> bool:
    return part.get_content_type() == "text/calendar"


def _read(part: EmailMessage) -> Entry:
    raw: Any = part.get_payload(decode=True)
    calendar = Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    theirs: Any = vobject.readOne(raw.decode())
    ours: Any = event
    assert theirs.vevent.uid.value == ours["UID"]
    assert int(theirs.vevent.sequence.value) == ours["SEQUENCE"]
    assert theirs.method.value == calendar["METHOD"]
    assert theirs.vevent.dtstart.value == ours.start
    assert f"{theirs.vevent.dtstart.value:%H:%M %z}" == f"{ours.start:%H:%M %z}"
    return Entry(
        mime_method=part["Content-Type"].params["method"],
        method=str(calendar["METHOD"]),
        uid=str(ours["UID"]),
        sequence=ours["SEQUENCE"],
        status=str(ours["STATUS"]),
        start=ours.start,
        stamp=ours.DTSTAMP,
    )


@pytest.mark.parametrize(("now", "start", "offset"), [WINTER, SUMMER, ACROSS])
def test_from_booking_to_cancellation_it_is_one_entry(
    sending: Relay, now: datetime, start: datetime, offset: str
) -> None:
    later = start + timedelta(hours=1)
    token = a_booking(now, start=start).token
    for step, action in enumerate(
        [
            lambda _at: None,
            lambda at: confirm(token, now=at),
            lambda at: move(token, later, now=at),
            lambda at: cancel(token, now=at),
        ]
    ):
        at = now + 2 * step * MINUTE
        action(at)
        send_letters(lambda at=at: at + MINUTE)  # by then a move or a cancellation cannot be undone any more
    found = entries(sending)
    assert [subject.split()[0] for subject in sending.subjects()] == ["Bitte", "Gebucht", "Verlegt", "Abgesagt"]
    assert [entry.method for entry in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [entry.mime_method for entry in found] == [entry.method for entry in found]
    assert len({entry.uid for entry in found}) == 1
    assert [entry.sequence for entry in found] == [0, 1, 2]
    assert [entry.status for entry in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [entry.start for entry in found] == [start, later, later]
    assert {f"{entry.start:%z}" for entry in found} == {offset}
    assert [entry.stamp for entry in found] == sorted({entry.stamp for entry in found})


def test_a_move_over_the_end_of_summer_time_keeps_the_wall_clock(sending: Relay) -> None:
    now, start, _ = ACROSS
    monday = start + timedelta(days=3, hours=1)
    token = a_booking(now, start=start).token
    confirm(token, now=now)
    send_letters(lambda: now)
    move(token, monday, now=now + MINUTE)
    send_letters(lambda: now + 2 * MINUTE)
    assert [f"{entry.start:%a %H:%M %z}" for entry in entries(sending)] == ["Fri 09:00 +0200", "Mon 09:00 +0100"]


def test_what_the_office_cancels_is_cancelled_in_the_calendar(sending: Relay) -> None:
    booked = a_booking()
    confirm(booked.token, now=MONDAY + MINUTE)
    send_letters(lambda: MONDAY + MINUTE)
    cancel_by_office(booked.id, now=MONDAY + 2 * MINUTE)
    send_letters(lambda: MONDAY + 2 * MINUTE)
    assert [(entry.method, entry.sequence) for entry in entries(sending)] == [("REQUEST", 0), ("CANCEL", 1)]
    assert "tut uns leid" in str(sending.taken[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_organizer_and_attendee_are_sender_and_recipient(sending: Relay) -> None:
    booked = a_booking()
    confirm(booked.token, now=MONDAY + MINUTE)
    send_letters(lambda: MONDAY + MINUTE)
    (part,) = [part for part in sending.taken[-1].walk() if _is_entry(part)]
    raw: Any = part.get_payload(decode=True)
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    sender, (recipient,) = sending.envelopes[-1]
    assert str(event["ORGANIZER"]) == f"mailto:{sender}"
    assert str(event["ATTENDEE"]) == f"mailto:{recipient}"
