"""Several machines book while others ask: every answer is what the tables said at some moment while it was made."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.book import book
from booking.actions.cancel import cancel
from booking.actions.find_starts import find_starts
from booking.actions.move import move
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Office
from booking.rules.appointments import Wish
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_order
from tests.direct import starts_from_the_tables, version_of

pytestmark = pytest.mark.faults

CARD = Wish("personalausweis")
WRITES, READERS = 40, 3


def test_every_answer_was_true_at_some_moment_between_its_question_and_itself(
    with_settings: Callable[..., Flask],
) -> None:
    writer, *readers = (with_settings() for _ in range(1 + READERS))  # each is a machine of its own: nothing is shared
    true_at: dict[int, tuple[int, ...]] = {}
    done = threading.Event()

    def write() -> None:
        with writer.app_context():
            tokens = []
            for number, step in zip(range(WRITES), cycle(("book", "book", "move", "cancel")), strict=False):
                start = NINE + timedelta(minutes=5 * (number * 7 % 40))
                try:
                    if step == "book":
                        tokens.append(book(an_order(start=start, email=f"{number}@example.org"), now=MONDAY).token)
                    elif step == "move":
                        move(tokens[-1], start, now=MONDAY)
                    else:
                        cancel(tokens.pop(0), now=MONDAY)
                except Refusal:
                    db.session.rollback()
                true_at[version_of()] = starts_from_the_tables(CARD, MONDAY)
        done.set()

    def read(machine: Flask) -> list[tuple[int, tuple[int, ...], int]]:
        seen = []
        while not done.is_set():
            with machine.app_context():
                first = version_of()
                found = find_starts("musterstadt", [CARD], now=MONDAY).offices[0].starts
                db.session.rollback()
                seen.append((first, found, version_of()))
        return seen

    with writer.app_context():
        town = a_municipality(policy={"max_open_per_network": 1000, "max_open_per_contact": 1000})
        office = db.session.scalars(sa.select(Office)).one()
        a_clerk(town, office, "platz2")
        a_clerk(town, office, "platz3")
        town.revision += 1
        db.session.commit()
        a_booking()
        true_at[version_of()] = starts_from_the_tables(CARD, MONDAY)
    with ThreadPoolExecutor(1 + READERS) as pool:
        reading = [pool.submit(read, machine) for machine in readers]
        pool.submit(write).result()
        answers = [answer for each in reading for answer in each.result()]
    assert len(true_at) > WRITES / 2
    for first, found, last in answers:
        moments = [true_at[version] for version in range(first, last + 1) if version in true_at]
        assert found in moments
