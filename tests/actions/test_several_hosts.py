"""A DATABASE_URL that names several machines: whoever takes writes is found, by the service and by its commands."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.actions.check_database import check_database, server
from booking.actions.make_backup import make_backup
from booking.extensions import db
from tests.builders import a_booking, a_municipality

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def several(engine_url: str, with_settings: Callable[..., Flask]) -> Flask:
    """The tests' server behind another that is gone."""
    return with_settings(database_url=f"{engine_url}&target_session_attrs=read-write".replace("?", "?host=/gone&", 1))


def test_the_one_that_takes_writes_is_booked_at_and_backed_up(several: Flask) -> None:
    with several.app_context():
        a_municipality()
        reference = a_booking().reference
        assert make_backup(io.BytesIO(), now=clock.now()).tables["appointment"].rows == 1
        assert reference


def test_the_host_that_answered_is_the_one_that_is_looked_at(several: Flask, engine_url: str) -> None:
    with several.app_context():
        assert server() == sa.engine.make_url(engine_url).query["host"]


def test_several_hosts_of_which_none_is_waited_for_can_lose_bookings(
    several: Flask, with_settings: Callable[..., Flask]
) -> None:
    def told(app: Flask) -> list[str]:
        with app.app_context():
            return [each.sentence for each in check_database() if "failover" in each.sentence and each.is_fault]

    assert len(told(several)) == 1
    assert told(with_settings()) == []


def test_who_answers_before_the_standby_has_it_can_lose_bookings(
    several: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with several.app_context():
        settings = {"synchronous_standby_names": "db2", "synchronous_commit": "local"}
        monkeypatch.setattr(db.session, "execute", _instead(settings))
        (found,) = [each.sentence for each in check_database() if "failover" in each.sentence]
    assert "synchronous_commit = local" in found


def _instead(settings: dict[str, str]) -> Callable[..., object]:
    """Answer what the server is set to with other values, everything else as it is."""
    execute, first = db.session.execute, iter([True])

    def answer(*args: object, **kwargs: object) -> object:
        found = execute(*args, **kwargs)
        return {**dict(map(tuple, found)), **settings}.items() if next(first, False) else found

    return answer
