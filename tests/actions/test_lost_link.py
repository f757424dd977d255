"""Lost links: one letter to the address that booked, and nothing learned by whoever asks."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.ctx import AppContext

from booking.actions.cancel import cancel
from booking.actions.erase_expired import forget
from booking.actions.letters import MOST_LETTERS_AN_HOUR
from booking.actions.lost_link import MOST_A_DAY, answer_link_requests, note_request, send_link
from booking.actions.resend import resend
from booking.actions.send_letters import send_letters
from booking.errors import NotFound, RateLimited
from booking.extensions import db
from booking.models import Kind, Letter, LinkAsking, LinkRequest, Municipality
from booking.rules.appointments import Appointment
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment
from tests.relays import Relay, listening

LATER = MONDAY + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HERE = "192.0.2.7"


@pytest.fixture
def sending(with_settings: Callable[..., Flask]) -> Iterator[Relay]:
    with listening(Relay()) as relay, with_settings(mail_port=relay.port).app_context():
        a_municipality()
        yield relay


def ask(email: str = "anna@example.org", reference: str = "") -> None:
    note_request("musterstadt", reference, email, network=HERE, now=LATER)
    answer_link_requests(now=LATER)
    send_letters(lambda: LATER)


def texts(relay: Relay) -> list[str]:
    """Return the plain text of every letter about a lost link."""
    found: list[Any] = [message.get_body(("plain",)) for message in relay.taken]
    return [body.get_content() for body in found if "Der Link zu Ihrem Termin" in body.get_content()]


def test_the_address_alone_brings_one_letter_with_the_links_of_all_open_appointments(sending: Relay) -> None:
    firm, pending, gone, other = (
        an_appointment(start=NINE + HOUR),
        a_booking(start=NINE),
        an_appointment(start=NINE + 2 * HOUR),
        an_appointment(start=NINE + HOUR / 2, email="ben@example.org"),
    )
    cancel(gone.token, now=LATER - 2 * HOUR / 60)
    ask()
    (text,) = texts(sending)
    assert f"/t/{firm.token}" in text
    assert f"/t/{pending.token}" in text
    assert text.index(pending.token) < text.index(firm.token)
    assert "Noch nicht bestätigt" not in text.split("Ihre weiteren Termine")[1]
    assert gone.token not in text
    assert other.token not in text


def test_an_unconfirmed_one_among_them_says_so(sending: Relay) -> None:
    an_appointment(start=NINE)
    a_booking(start=NINE + HOUR)
    ask()
    assert "Noch nicht bestätigt" in texts(sending)[0].split("Ihre weiteren Termine")[1]


def test_nothing_of_another_municipality_is_told(sending: Relay) -> None:
    a_municipality("heidestadt", sender_email="termine@example.com")
    here, there = an_appointment(), an_appointment(municipality="heidestadt")
    ask()
    (text,) = texts(sending)
    assert here.token in text
    assert there.token not in text


@pytest.mark.parametrize("email", ["ben@example.org", "anna+neu@example.org"])
def test_an_address_that_has_not_booked_gets_nothing(sending: Relay, email: str) -> None:
    an_appointment()
    ask(email)
    assert texts(sending) == []


def test_a_number_that_is_not_theirs_brings_nothing(sending: Relay) -> None:
    an_appointment()
    other = an_appointment(start=NINE + HOUR, email="ben@example.org")
    ask(reference=other.reference)
    assert texts(sending) == []


def test_an_address_is_written_to_once_in_five_minutes_whatever_number_is_named(sending: Relay) -> None:
    first, second = an_appointment(), an_appointment(start=NINE + HOUR)
    for reference in ("", first.reference, second.reference):
        ask(reference=reference)
    assert len(texts(sending)) == 1


@pytest.fixture
def town(context: AppContext) -> None:
    a_municipality()


def links_mailed() -> int:
    return db.session.scalars(sa.select(sa.func.count(Letter.id)).where(Letter.kind == Kind.LINK.value)).one()


def ask_often(times: int, *, email: str = "anna@example.org", since: datetime = LATER) -> None:
    for number in range(times):
        send_link("musterstadt", "", email, now=since + number * 6 * MINUTE)


def test_an_address_gets_four_such_letters_a_day_however_often_anybody_asks(town: None) -> None:
    an_appointment(start=NINE + 48 * HOUR)
    ask_often(30)
    assert links_mailed() == MOST_A_DAY
    send_link("musterstadt", "", "anna@example.org", now=LATER + 25 * HOUR)
    assert links_mailed() == MOST_A_DAY + 1


@pytest.mark.parametrize("waits", [True, False])
def test_an_unproven_address_gets_the_link_again_once(town: None, waits: bool) -> None:
    a_booking()
    ask_often(3, since=LATER if waits else LATER + HOUR)  # not confirmed yet, or no longer possible in time
    assert links_mailed() == 1


def test_letters_that_others_ask_for_in_its_name_do_not_keep_a_lost_link_from_its_owner(town: None) -> None:
    an_appointment(start=NINE + 48 * HOUR)
    for number in range(3):
        other = a_booking(LATER, start=NINE + number * HOUR)
        for _ in range(4):
            resend_quietly(other, now=LATER)
    with pytest.raises(RateLimited):
        resend(other.reference, other.holder, now=LATER)
    send_link("musterstadt", "", "anna@example.org", now=LATER)
    assert links_mailed() == 1


def resend_quietly(found: Appointment, *, now: datetime) -> None:
    with suppress(RateLimited):
        resend(found.reference, found.holder, now=now)


@pytest.mark.parametrize("email", ["anna@example.org", "ben@example.org"])
def test_what_a_stranger_may_have_sent_does_not_tell_whether_the_address_has_an_appointment(
    town: None, email: str
) -> None:
    an_appointment(start=NINE + 48 * HOUR)
    now = LATER + 2 * HOUR
    ask_often(3, email=email, since=now - 13 * MINUTE)
    accepted = 0
    for number in range(2):
        other = a_booking(now, start=NINE + number * HOUR, email=email)
        accepted += 1
        for _ in range(4):
            resend(other.reference, other.holder, now=now)
            accepted += 1
    assert accepted == MOST_LETTERS_AN_HOUR


def test_what_is_over_is_not_told_of(sending: Relay) -> None:
    an_appointment()
    send_link("musterstadt", "", "anna@example.org", now=NINE + HOUR)
    assert Kind.LINK.value not in db.session.scalars(sa.select(Letter.kind)).all()


def test_asking_does_the_same_whether_or_not_there_is_an_appointment(sending: Relay) -> None:
    an_appointment()
    said: list[list[str]] = []
    for email in ("anna@example.org", "niemand@example.org"):
        db.session.rollback()
        done: list[str] = []

        def note(*seen: Any, done: list[str] = done) -> None:
            done.append(seen[2])

        sa.event.listen(db.engine, "before_cursor_execute", note)
        note_request("musterstadt", "", email, network=HERE, now=LATER)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        said.append(done)
    assert said[0] == said[1] != []
    assert len(db.session.scalars(sa.select(Letter.id).where(Letter.kind == Kind.LINK.value)).all()) == 0


def test_a_network_that_asks_too_often_is_not_heard_for_an_hour_and_others_are(town: None) -> None:
    db.session.scalars(sa.select(Municipality)).one().policy = {"max_open_per_network": 3}
    db.session.commit()
    for number in range(9):
        note_request("musterstadt", "", f"person{number}@example.org", network=HERE, now=LATER)
    note_request("musterstadt", "", "anna@example.org", network="192.0.2.8", now=LATER)
    assert len(db.session.scalars(sa.select(LinkRequest)).all()) == 4
    note_request("musterstadt", "", "anna@example.org", network=HERE, now=LATER + HOUR)
    assert len(db.session.scalars(sa.select(LinkRequest)).all()) == 5


def test_which_network_asked_is_forgotten_after_an_hour(town: None) -> None:
    note_request("musterstadt", "", "anna@example.org", network=HERE, now=LATER)
    assert HERE not in db.session.scalars(sa.select(LinkAsking.network)).one()
    forget(now=LATER + HOUR)
    assert db.session.scalars(sa.select(LinkAsking)).all() == []


def test_what_was_asked_is_deleted_with_its_answer(sending: Relay) -> None:
    ask()
    ask("niemand@example.org")
    assert db.session.scalars(sa.select(LinkRequest)).all() == []
    assert answer_link_requests(now=LATER) == 0


def test_what_nobody_answers_is_forgotten_after_a_day(sending: Relay) -> None:
    note_request("musterstadt", "", "anna@example.org", network=HERE, now=LATER)
    for hours, left in ((23, 1), (24, 0)):
        forget(now=LATER + timedelta(hours=hours))
        assert len(db.session.scalars(sa.select(LinkRequest)).all()) == left


def test_a_municipality_that_is_none_is_refused(sending: Relay) -> None:
    with pytest.raises(NotFound):
        note_request("nirgendwo", "", "anna@example.org", network=HERE, now=LATER)
