"""Whoever hangs must not hang everybody: limits in PostgreSQL, and a commit that was broken off is not a success."""

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from booking.actions.book import book
from booking.errors import Unavailable
from booking.extensions import db
from booking.models import Appointment, Office
from tests.builders import MONDAY, an_order
from tests.faults.cluster import Cluster
from tests.faults.conftest import superuser
from tests.faults.whole import assert_whole

pytestmark = pytest.mark.faults

IMPATIENT = "&options=-c%20lock_timeout%3D150ms"
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def holder(cluster: Cluster, hurt_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Somebody who holds the office's lock and does not let go."""
    with superuser(cluster) as connection:
        connection.execute("BEGIN; SELECT id FROM office FOR UPDATE")
        yield connection


def test_who_waits_for_an_office_too_long_is_asked_to_come_back(
    hurt_url: str, holder: "psycopg.Connection[tuple[object, ...]]", app_on: Callable[..., Flask]
) -> None:
    with app_on(hurt_url + IMPATIENT).app_context():
        with pytest.raises(Unavailable):
            book(an_order(), now=MONDAY)
        holder.execute("ROLLBACK")
        found = book(an_order(), now=MONDAY)
        assert_whole(current_app, now=MONDAY, told={found.reference: "pending"})


@pytest.mark.leaves_nothing("it asks for settings only")
def test_every_session_is_limited_unless_the_address_says_otherwise(
    hurt_url: str, app_on: Callable[..., Flask]
) -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")

    def limits(url: str) -> list[str]:
        with app_on(url).app_context():
            return [str(db.session.scalar(sa.text(f"SHOW {name}"))) for name in names]

    assert limits(hurt_url) == ["10s", "1min", "30s"]
    assert limits(hurt_url + IMPATIENT) == ["150ms", "0", "0"]


def test_a_frozen_process_loses_its_locks_and_finds_its_session_ended(
    cluster: Cluster, hurt_url: str, app_on: Callable[..., Flask]
) -> None:
    url = hurt_url + "&options=-c%20idle_in_transaction_session_timeout%3D100ms"
    with app_on(url).app_context():
        db.session.execute(sa.text("SELECT id FROM office FOR UPDATE"))
        with superuser(cluster) as other:  # waits until the server has ended the session that says nothing more
            other.execute("BEGIN; SELECT id FROM office FOR UPDATE; ROLLBACK")
        found = book(an_order(), now=MONDAY)
    assert_whole(app_on(hurt_url), now=MONDAY, told={found.reference: "pending"})


def test_a_commit_that_was_broken_off_while_it_waited_for_the_standby_is_done_again_and_books_once(
    cluster: Cluster, hurt_url: str, app_on: Callable[..., Flask]
) -> None:
    """PostgreSQL reports it as a success with WARNING 01000: a failover could still undo it."""
    cancelled: list[object] = []
    done = threading.Event()
    with app_on(hurt_url).app_context(), superuser(cluster) as other, superuser(cluster) as probe:
        other.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        other.execute("SELECT pg_reload_conf()")
        probing = threading.Thread(target=_commit_until_one_waits, args=(probe, done))
        breaking = threading.Thread(target=_break_off, args=(other, probe.info.backend_pid, cancelled))
        probing.start()
        while not other.execute(WAITING).fetchall():
            pass
        breaking.start()
        found = book(an_order(key="standby"), now=MONDAY)
        done.set()
        breaking.join(30)
        probing.join(30)
        assert len(cancelled) == 1
        assert [row.reference for row in db.session.scalars(sa.select(Appointment))] == [found.reference]
        assert db.session.scalar(sa.select(Office.version)) == 2, "the first commit was taken for a success"
        assert_whole(current_app, now=MONDAY, told={found.reference: "pending"})


def _commit_until_one_waits(probe: "psycopg.Connection[tuple[object, ...]]", done: threading.Event) -> None:
    """The server heeds its new setting a moment later; the commit that waits goes on when it is taken back."""
    while not done.is_set():
        probe.execute("SELECT pg_logical_emit_message(true, 'probe', 'probe')")


def _break_off(other: "psycopg.Connection[tuple[object, ...]]", probe: int, cancelled: list[object]) -> None:
    """Cancel the first commit that waits; then forget the standby, so that the second one is free."""
    while not (waiting := [pid for (pid,) in other.execute(WAITING) if pid != probe]):
        pass
    cancelled.extend(waiting)
    other.execute("SELECT pg_cancel_backend(%s)", waiting)
    other.execute("ALTER SYSTEM RESET synchronous_standby_names")
    other.execute("SELECT pg_reload_conf()")
