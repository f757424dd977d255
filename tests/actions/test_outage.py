"""A database that has just gone is waited for, by few and not for long."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from booking.actions import transaction
from booking.actions.outage import OVER, PATIENCE, PAUSES, Outage
from booking.actions.transaction import ATTEMPTS, reads, writes
from booking.errors import Unavailable

Fails = Callable[..., Callable[[], str]]


class Watch:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def outage(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    found = Outage(clock=watch, wait=watch.sleep)
    monkeypatch.setattr(transaction, "outage", found)
    return found


@pytest.fixture
def failing() -> Fails:
    """Return what makes an action that finds no primary so many times."""

    def make(times: int, *, is_line_cut: bool = False) -> Callable[[], str]:
        left = iter(range(times))

        def act() -> str:
            if next(left, None) is None:
                return "done"
            nobody = psycopg.OperationalError("session is read-only")
            raise OperationalError("", {}, nobody, connection_invalidated=is_line_cut)

        return act

    return make


@pytest.mark.parametrize("decorator", [reads, writes])
def test_a_switchover_of_seconds_is_outlasted_and_nobody_is_told(
    context: Flask, outage: Outage, watch: Watch, failing: Fails, decorator: Callable[..., Callable[[], str]]
) -> None:
    assert decorator(failing(ATTEMPTS - 1))() == "done"
    assert len(watch.slept) == len(PAUSES)
    assert 0.75 * sum(PAUSES) <= sum(watch.slept) <= sum(PAUSES)


@pytest.mark.usefixtures("context")
def test_who_has_waited_long_enough_is_told_to_come_back(outage: Outage, watch: Watch, failing: Fails) -> None:
    with pytest.raises(Unavailable):
        writes(failing(ATTEMPTS))()
    assert sum(watch.slept) < PATIENCE


@pytest.mark.usefixtures("context")
def test_while_it_stays_away_the_next_ones_are_told_at_once(outage: Outage, watch: Watch, failing: Fails) -> None:
    with pytest.raises(Unavailable):
        writes(failing(ATTEMPTS))()
    watch.now += PATIENCE
    watch.slept.clear()
    for _ in range(3):
        with pytest.raises(Unavailable):
            reads(failing(ATTEMPTS))()
    assert watch.slept == []


@pytest.mark.usefixtures("context")
def test_once_it_has_answered_the_next_outage_is_a_new_one(outage: Outage, watch: Watch, failing: Fails) -> None:
    with pytest.raises(Unavailable):
        writes(failing(ATTEMPTS))()
    watch.now += PATIENCE
    assert writes(failing(0))() == "done"
    assert writes(failing(1))() == "done"


@pytest.mark.usefixtures("context")
def test_the_outage_of_last_night_is_not_this_mornings(outage: Outage, watch: Watch, failing: Fails) -> None:
    with pytest.raises(Unavailable):
        writes(failing(ATTEMPTS))()
    watch.now += OVER + 1
    assert writes(failing(1))() == "done"


@pytest.mark.usefixtures("context")
def test_a_line_that_was_cut_is_replaced_without_waiting(outage: Outage, watch: Watch, failing: Fails) -> None:
    assert writes(failing(1, is_line_cut=True))() == "done"
    assert watch.slept == []


@pytest.mark.usefixtures("context")
def test_a_pooler_without_a_primary_is_outlasted_too(outage: Outage, watch: Watch, failing: Fails) -> None:
    assert writes(failing(ATTEMPTS - 1, is_line_cut=True))() == "done"
    assert len(watch.slept) == len(PAUSES) - 1


@pytest.mark.usefixtures("context")
def test_a_pooler_that_answers_slowly_and_in_vain_is_not_asked_five_times(
    outage: Outage, watch: Watch, failing: Fails
) -> None:
    lost, asked = failing(ATTEMPTS, is_line_cut=True), []

    def slow() -> str:
        asked.append(watch.now)
        watch.now += PATIENCE - 1  # PgBouncer lets each wait for its query_wait_timeout
        return lost()

    with pytest.raises(Unavailable):
        writes(slow)()
    assert len(asked) == 3
