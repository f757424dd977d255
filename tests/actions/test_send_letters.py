"""The outbox: every letter leaves, in order, whatever the relay does."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.send_letters import Sweep, send_letters
from booking.extensions import db
from booking.models import Letter, LetterStatus
from tests.builders import MONDAY, a_booking, a_municipality
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


def test_a_second_sweep_sends_nothing_again(sending: Relay) -> None:
    a_booking()
    sweep()
    assert sweep(NOW + timedelta(days=1)) == Sweep(0, is_relay_away=False)
    assert len(sending.taken) == 1
