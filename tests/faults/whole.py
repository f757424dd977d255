"""What must be true after every fault, whatever it was: the one check at the end of every test of this folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from unittest.mock import patch

import sqlalchemy as sa
from flask import Flask, current_app, has_app_context

from booking import clock
from booking.actions.beat import beat
from booking.actions.check_deployment import ADVICE, check_deployment
from booking.actions.send_letters import send_letters
from booking.actions.transaction import writes
from booking.extensions import db
from booking.models import Heartbeat
from tests.relays import Relay, listening
from tools.check_tables import lost_in, wrong_in, wrong_letters

PATIENT = timedelta(minutes=100)  # so much later, by any clock, claims and pauses are over
TWICE = "SELECT email, count(*) FROM appointment WHERE email <> '' GROUP BY email HAVING count(*) > 1"


def assert_whole(
    app: Flask,
    *,
    now: datetime | None = None,
    told: Mapping[str, str | None] | None = None,
    relay: Relay | None = None,
    expected: Sequence[str] = (),
) -> None:
    """Active ⇔ owns exactly its cells; nothing that was answered is lost or there twice; every letter is out.

    And ``doctor`` is clean but for the ``expected`` codes of ``ADVICE``. ``told`` is what clients know (reference →
    status; None: not known), ``relay`` what took the letters so far: without one, none can have left. ``now`` is the
    test's own clock, for one that does not live by the machine's.
    """
    if has_app_context():
        db.session.rollback()  # the test's own transaction must keep nobody waiting, and is over anyhow
    with app.app_context():
        wrong = dict(_wrong(now, told or {}, relay or Relay()))
        wrong |= dict(_findings(now, expected))
        db.session.rollback()
    assert not wrong, wrong


def _wrong(now: datetime | None, told: Mapping[str, str | None], relay: Relay) -> Iterator[tuple[str, object]]:
    _send_the_rest(relay, now or clock.now())
    connection = db.session.connection()
    yield from wrong_in(connection, now or clock.now()).items()
    yield from wrong_letters(connection, [str(message["Message-ID"]) for message in relay.taken]).items()
    if lost := lost_in(connection, told):
        yield "lost", lost
    if twice := connection.execute(sa.text(TWICE)).all():
        yield "one key, two appointments", [tuple(row) for row in twice]


def _send_the_rest(relay: Relay, now: datetime) -> None:
    """Be the job process once more, with a relay that is well again."""
    relay.drops, relay.deaths, relay.pause = 0, 0, 0.0
    there = nullcontext() if relay.is_open else listening(relay)
    with there, patch.object(current_app.extensions["mail"], "port", relay.port):
        while send_letters(lambda: now + PATIENT).sent:
            pass


def _findings(now: datetime | None, expected: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Doctor looks at the cells once more, by code of its own; notes count, too: a letter that failed is one."""
    if now is None:
        beat("letters", now=clock.now())
    else:
        _beat_alone(now)
    said = [finding.sentence for finding in check_deployment(now=now or clock.now())]
    if said != [ADVICE[code] for code in expected]:
        yield "doctor", said or "nothing"


@writes
def _beat_alone(now: datetime) -> None:
    """Beat by a clock that cannot be held against the database's: the test has made it up."""
    db.session.merge(Heartbeat(job="letters", at=now, ahead=None))
