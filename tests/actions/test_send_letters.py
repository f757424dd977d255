"""The outbox: every letter leaves, in order, whatever the relay does."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.block_contact import Wish, cancel_and_block
from booking.actions.book import book
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm
from booking.actions.lost_link import send_link
from booking.actions.move import move
from booking.actions.outbox import LEASE, PAUSES, claim, mark_sent
from booking.actions.resend import extend
from booking.actions.send_letters import Sweep, send_letters
from booking.extensions import db
from booking.models import Appointment, Kind, Letter, LetterStatus, Municipality
from booking.rules.lifecycle import TIME_TO_UNDO
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment, an_order
from tests.colleagues import a_login
from tests.relays import Relay, listening

MINUTE = timedelta(minutes=1)
NOW = MONDAY + MINUTE


@pytest.fixture
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


@pytest.fixture
def sending(relay: Relay, with_settings: Callable[..., Flask]) -> Iterator[Relay]:
    """A relay, and an application's context that sends to it."""
    with with_settings(mail_port=relay.port).app_context():
        a_municipality()
        yield relay


def sweep(now: datetime = NOW) -> Sweep:
    return send_letters(lambda: now)


def letters() -> list[tuple[str, str]]:
    return [
        (row.kind, row.status) for row in db.session.execute(sa.select(Letter.kind, Letter.status).order_by(Letter.id))
    ]


def test_a_letter_leaves_with_its_message_id_and_is_marked(sending: Relay) -> None:
    a_booking()
    assert sweep() == Sweep(1, is_relay_away=False)
    letter = db.session.scalars(sa.select(Letter)).one()
    assert (letter.status, letter.sent_at, letter.claimed_until) == (LetterStatus.SENT, NOW, None)
    assert sending.taken[0]["Message-ID"] == letter.message_id
    assert sending.envelopes == [("termine@example.org", ["anna@example.org"])]


def test_a_letter_of_a_newer_release_waits_for_its_process_and_stops_no_other(sending: Relay) -> None:
    a_booking()
    db.session.execute(sa.update(Letter).values(kind="of_tomorrow"))
    db.session.commit()
    a_booking(start=NINE + timedelta(hours=1), email="berta@example.org")
    assert sweep() == Sweep(1, is_relay_away=False)
    assert letters() == [("of_tomorrow", LetterStatus.WAITING), (Kind.VERIFY, LetterStatus.SENT)]


def test_a_second_sweep_sends_nothing_again(sending: Relay) -> None:
    a_booking()
    sweep()
    assert sweep(NOW + timedelta(days=1)) == Sweep(0, is_relay_away=False)
    assert len(sending.taken) == 1


def test_the_time_to_confirm_runs_from_the_relays_acceptance(sending: Relay) -> None:
    a_booking()
    hours_later = MONDAY + timedelta(hours=3)
    sweep(hours_later)
    row = db.session.scalars(sa.select(Appointment)).one()
    assert row.confirm_by == hours_later + timedelta(minutes=30)
    assert "10:30" in text_of(sending)


def test_the_letter_names_the_longer_time_of_who_asked_for_it_before_it_left(sending: Relay) -> None:
    booked = a_booking()
    extend(booked.reference, booked.holder, now=MONDAY)
    hours_later = MONDAY + timedelta(hours=3)
    sweep(hours_later)
    row = db.session.scalars(sa.select(Appointment)).one()
    assert row.confirm_by == hours_later + timedelta(minutes=60)
    assert "11:00" in text_of(sending)


def test_a_letter_waits_for_the_earlier_one_of_its_appointment(sending: Relay) -> None:
    found = an_appointment()
    sending.answers["anna@example.org"] = "450 4.2.1 busy"
    sweep()
    send_link("musterstadt", found.reference, "anna@example.org", now=NOW)
    sending.answers.clear()
    assert sweep().sent == 0
    assert sweep(NOW + 2 * MINUTE).sent == 2
    assert [subject.split()[0] for subject in sending.subjects()] == ["Gebucht", "Ihr"]


def test_an_outdated_calendar_entry_is_not_sent_after_all(sending: Relay) -> None:
    found = an_appointment()
    move(found.token, NINE + timedelta(hours=1), now=NOW)
    sweep()
    sweep(NOW + TIME_TO_UNDO)
    assert letters() == [
        (Kind.VERIFY, LetterStatus.SUPERSEDED),
        (Kind.CONFIRMED, LetterStatus.SUPERSEDED),
        (Kind.MOVED, LetterStatus.SENT),
    ]


def test_a_confirmation_of_what_was_cancelled_meanwhile_is_not_sent(sending: Relay) -> None:
    found = an_appointment()
    cancel(found.token, now=NOW)
    sweep()
    sweep(NOW + TIME_TO_UNDO)
    assert [kind for kind, status in letters() if status == LetterStatus.SENT] == [Kind.CANCELLED_BY_CITIZEN]


def test_what_was_erased_meanwhile_gets_no_letter(sending: Relay) -> None:
    a_booking()
    db.session.execute(sa.update(Appointment).values(erased_at=NOW))
    db.session.commit()
    assert sweep().sent == 0
    assert letters() == [(Kind.VERIFY, LetterStatus.SUPERSEDED)]


def test_a_temporary_refusal_is_tried_again_with_growing_pauses(sending: Relay) -> None:
    a_booking(start=NINE + timedelta(days=7))
    sending.answers["anna@example.org"] = "450 4.2.1 busy"
    now, pauses = NOW, []
    for _ in range(4):
        sweep(now)
        letter = db.session.scalars(sa.select(Letter)).one()
        pauses.append((letter.next_at - now) / PAUSES[letter.attempts - 1])
        assert sweep(letter.next_at - timedelta(seconds=1)).sent == 0
        now = letter.next_at
    assert all(0.8 <= pause <= 1.2 for pause in pauses)
    sending.answers.clear()
    assert sweep(now).sent == 1


def test_after_a_day_of_refusals_a_letter_has_failed_and_staff_can_see_why(sending: Relay) -> None:
    an_appointment(start=NINE + timedelta(days=7))
    sending.answers["anna@example.org"] = "450 4.2.1 busy"
    now = NOW
    for _ in range(len(PAUSES) + 1):
        sweep(now)
        now = db.session.scalars(sa.select(Letter.next_at).order_by(Letter.id.desc())).first() or now
    assert letters()[-1] == (Kind.CONFIRMED, LetterStatus.FAILED)
    assert timedelta(hours=16) < now - NOW < timedelta(hours=27)
    assert db.session.scalars(sa.select(Appointment.mail_failure)).one() == "450 4.2.1 busy"


def test_a_permanent_refusal_is_kept_with_the_appointment(sending: Relay) -> None:
    a_booking()
    sending.answers["anna@example.org"] = "550 5.1.1 no such user"
    assert sweep() == Sweep(0, is_relay_away=False)
    assert letters() == [(Kind.VERIFY, LetterStatus.FAILED)]
    assert db.session.scalars(sa.select(Appointment.mail_failure)).one() == "550 5.1.1 no such user"


def test_a_refused_letter_does_not_hold_up_the_others(sending: Relay) -> None:
    a_booking()
    a_booking(email="ben@example.org", start=NINE + timedelta(hours=1))
    sending.answers["anna@example.org"] = "550 5.1.1 no such user"
    assert sweep().sent == 1


def test_a_relay_away_for_a_day_costs_no_letter_an_attempt(
    relay: Relay, free_port: int, with_settings: Callable[..., Flask]
) -> None:
    with with_settings(mail_port=free_port).app_context():
        a_municipality()
        a_booking(start=NINE + timedelta(days=7))
        for hour in range(0, 23, 3):
            assert sweep(NOW + timedelta(hours=hour)) == Sweep(0, is_relay_away=True)
        assert db.session.scalars(sa.select(Letter.attempts)).one() == 0
    with with_settings(mail_port=relay.port).app_context():
        assert sweep(NOW + timedelta(hours=23)).sent == 1
        row = db.session.scalars(sa.select(Appointment)).one()
        assert row.confirm_by == NOW + timedelta(hours=23, minutes=30)


def test_an_address_at_which_the_relay_always_closes_stops_nobody_else_s_letters(sending: Relay) -> None:
    a_booking()
    a_booking(start=NINE + timedelta(hours=1), email="ben@example.org")
    sending.answers["anna@example.org"] = "421 4.3.2 shutting down"
    sweep()
    sweep()
    assert [message["To"] for message in sending.taken] == ["ben@example.org"]
    attempts = db.session.execute(sa.select(Letter.address, Letter.attempts).where(Letter.attempts > 0)).all()
    assert [tuple(row) for row in attempts] == [("anna@example.org", 1)]


def test_a_dropped_line_sends_the_letter_again_with_the_same_message_id(sending: Relay) -> None:
    a_booking()
    sending.drops = 1
    assert sweep().sent == 0
    assert sweep(NOW + 2 * MINUTE).sent == 1
    assert sending.taken[0]["Message-ID"] == db.session.scalars(sa.select(Letter.message_id)).one()


def test_a_killed_process_loses_no_letter(sending: Relay) -> None:
    a_booking()
    assert claim(now=NOW) is not None  # and then it is killed
    assert sweep(NOW + LEASE / 2).sent == 0
    assert sweep(NOW + LEASE).sent == 1


def test_a_wish_to_stop_is_heard_after_the_current_letter(sending: Relay) -> None:
    for hour in range(3):
        a_booking(email=f"p{hour}@example.org", start=NINE + timedelta(hours=hour))
    assert send_letters(lambda: NOW, is_stopping=lambda: len(sending.taken) > 0).sent == 1
    assert sweep().sent == 2


def test_a_letter_that_was_superseded_while_it_was_under_way_counts_as_sent(sending: Relay) -> None:
    found = a_booking()
    held = claim(now=NOW)
    assert held is not None
    confirm(found.token, now=NOW)
    mark_sent(held, now=NOW)
    assert letters()[0] == (Kind.VERIFY, LetterStatus.SENT)
    assert db.session.scalars(sa.select(Appointment.confirm_by)).one() is None


def test_whoever_waits_for_a_letter_does_not_queue_behind_cancellations(sending: Relay) -> None:
    booked = [a_booking(email=f"p{hour}@example.org", start=NINE + timedelta(hours=hour)) for hour in range(2)]
    for found in booked:
        confirm(found.token, now=NOW)
        cancel_by_office(found.id, now=NOW)
    a_booking(NOW + MINUTE, start=NINE + timedelta(hours=2))
    sweep(NOW + MINUTE)
    assert [subject.split()[0] for subject in sending.subjects()] == ["Bitte", "Abgesagt", "Abgesagt"]


def test_an_address_that_no_relay_understands_is_told_to_staff(sending: Relay) -> None:
    a_booking()
    db.session.execute(sa.update(Letter).values(address="anna(at)example"))
    db.session.execute(sa.update(Appointment).values(email="anna(at)example"))
    db.session.commit()
    assert sweep().sent == 0
    assert letters() == [(Kind.VERIFY, LetterStatus.FAILED)]
    assert db.session.scalars(sa.select(Appointment.mail_failure)).one()


def test_a_letter_that_cannot_be_written_fails_alone_and_is_told_to_staff(
    sending: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    broken = a_booking()
    a_booking(email="ben@example.org", start=NINE + timedelta(hours=1))
    of_anna = Letter.appointment_id == sa.select(Appointment.id).where(Appointment.uid == broken.uid).scalar_subquery()
    db.session.execute(sa.update(Letter).where(of_anna).values(message_id="<one@gemeinde-süd.de>"))
    db.session.commit()
    assert sweep().sent == 1
    assert letters() == [(Kind.VERIFY, LetterStatus.FAILED), (Kind.VERIFY, LetterStatus.SENT)]
    assert "UnicodeEncodeError" in db.session.get_one(Appointment, broken.id).mail_failure
    assert "UnicodeEncodeError" in caplog.text
    assert "anna@" not in caplog.text


def test_a_town_with_an_umlaut_in_its_domain_sends_its_letters(sending: Relay) -> None:
    db.session.execute(sa.update(Municipality).values(sender_email="termine@gemeinde-süd.de"))
    db.session.commit()
    booked = a_booking()
    assert sweep().sent == 1
    assert sending.taken[0]["From"].addresses[0].addr_spec == "termine@xn--gemeinde-sd-2hb.de"
    assert sending.taken[0]["Message-ID"].endswith("@xn--gemeinde-sd-2hb.de>")
    assert booked.uid.endswith("@xn--gemeinde-sd-2hb.de")


def test_without_a_sender_of_its_own_a_towns_letters_are_named_by_the_installations(sending: Relay) -> None:
    db.session.execute(sa.update(Municipality).values(sender_email=""))
    db.session.commit()
    booked = a_booking()
    assert sweep().sent == 1
    assert sending.taken[0]["Message-ID"].endswith("@example.org>")
    assert booked.uid.endswith("@example.org")


def test_a_letter_whose_appointment_is_over_is_not_sent(sending: Relay) -> None:
    an_appointment()
    assert sweep(NINE + timedelta(hours=1)).sent == 0
    assert letters()[-1] == (Kind.CONFIRMED, LetterStatus.SUPERSEDED)


def test_a_letter_to_be_printed_is_not_mailed(sending: Relay) -> None:
    a_booking()
    db.session.execute(sa.update(Letter).values(medium="print"))
    db.session.commit()
    assert sweep() == Sweep(0, is_relay_away=False)


def text_of(relay: Relay) -> str:
    body: Any = relay.taken[-1].get_body(("plain",))
    return str(body.get_content())


def test_whoever_is_blocked_learns_until_when_with_the_cancellation_and_with_each_attempt(sending: Relay) -> None:
    found = an_appointment()
    cancel_and_block(a_login("boss", "manager"), found.reference, Wish("resale", 30), now=NOW)
    book(an_order(), now=NOW)
    sweep()
    cancelled, attempt = (str(each.get_body(("plain",)).get_content()) for each in sending.taken[-2:])
    for text in (cancelled, attempt):
        assert "nicht möglich" in text
        assert "Mittwoch, 23. Dezember 2026" in text
