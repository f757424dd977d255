"""Tomorrow's sheet by mail: once for each office and day, with a real relay and all its faults."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.actions.erase_expired import forget
from booking.actions.outbox import LEASE
from booking.actions.plan_day_sheets import plan_day_sheets
from booking.actions.send_day_sheets import send_day_sheets
from booking.actions.send_letters import Sweep
from booking.extensions import db
from booking.models import DaySheet, Municipality, Office
from config.settings import Settings
from tests.builders import a_municipality, an_appointment
from tests.paper import texts
from tests.relays import Relay, listening
from tests.serving import end, environment_for, start

EVENING = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 18:00 in Berlin
TUESDAY = date(2026, 11, 24)
PATIENCE = 60


@pytest.fixture
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


@pytest.fixture
def sending(relay: Relay, with_settings: Callable[..., Flask]) -> Iterator[Relay]:
    """A relay, and an application's context that sends to it, where an office wants its sheet."""
    with with_settings(mail_port=relay.port).app_context():
        a_municipality()
        an_appointment(phone="05071 1234")
        wants("blatt@example.org")
        yield relay


def wants(address: str, *, names: bool = False) -> None:
    db.session.execute(sa.update(Office).values(day_sheet_to=address, day_sheet_names=names))
    db.session.commit()


def sweep(now: datetime = EVENING) -> Sweep:
    plan_day_sheets(now=now)
    return send_day_sheets(lambda: now)


def row() -> DaySheet:
    db.session.rollback()
    return db.session.scalars(sa.select(DaySheet)).one()


def pdf_of(relay: Relay) -> bytes:
    (part,) = relay.taken[0].iter_attachments()
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def test_the_sheet_leaves_once_on_the_evening_before_without_a_name(sending: Relay) -> None:
    assert sweep(EVENING - timedelta(minutes=1)) == Sweep(0, is_relay_away=False)
    assert sweep() == Sweep(1, is_relay_away=False)
    assert sweep(EVENING + timedelta(hours=1)) == Sweep(0, is_relay_away=False)
    (message,) = sending.taken
    assert sending.envelopes == [("termine@example.org", ["blatt@example.org"])]
    assert message["Subject"] == "Tagesplan Buergerbuero, Dienstag, 24. November 2026"
    assert message["Message-ID"] == row().message_id
    (text,) = texts(pdf_of(sending))
    assert "Personalausweis" in text
    assert "Anna" not in text
    assert b"Anna" not in sending.raw[0]


def test_a_sheet_that_was_planned_goes_where_the_office_wants_it_by_now(sending: Relay) -> None:
    plan_day_sheets(now=EVENING)
    wants("neu@example.org")
    assert sweep() == Sweep(1, is_relay_away=False)
    assert [to for _, to in sending.envelopes] == [["neu@example.org"]]
    assert row().address == "neu@example.org"


def test_a_sheet_that_was_planned_before_the_office_wanted_none_any_more_stays_here(sending: Relay) -> None:
    plan_day_sheets(now=EVENING)
    wants("")
    assert sweep() == Sweep(0, is_relay_away=False)
    assert sending.taken == []


def test_names_are_on_it_where_the_office_wants_them(sending: Relay) -> None:
    wants("blatt@example.org", names=True)
    sweep()
    assert "Anna Beispiel" in texts(pdf_of(sending))[0]


def test_an_office_that_asked_for_nothing_gets_nothing(sending: Relay) -> None:
    wants("")
    assert sweep() == Sweep(0, is_relay_away=False)
    assert db.session.scalar(sa.select(sa.func.count(DaySheet.id))) == 0


def test_the_database_refuses_a_second_sheet_of_one_day(sending: Relay) -> None:
    plan_day_sheets(now=EVENING)
    first = row()
    again = {"office_id": first.office_id, "day": first.day, "address": "x@example.org", "message_id": "<two@e.org>"}
    db.session.add(DaySheet(**again, next_at=EVENING))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_a_relay_that_is_away_costs_no_attempt(relay: Relay, with_settings: Callable[..., Flask]) -> None:
    with with_settings(mail_port=9).app_context():
        a_municipality()
        wants("blatt@example.org")
        assert sweep() == Sweep(0, is_relay_away=True)
        assert (row().attempts, row().claimed_until, row().sent_at) == (0, None, None)
    with with_settings(mail_port=relay.port).app_context():
        assert sweep(EVENING + timedelta(minutes=1)).sent == 1


def test_a_busy_relay_is_asked_again_later_under_the_same_message_id(sending: Relay) -> None:
    sending.data = "451 later"
    sweep()
    waiting = row()
    assert (waiting.attempts, waiting.sent_at, waiting.failure) == (1, None, "451 later")
    assert waiting.next_at > EVENING
    first, sending.data = waiting.message_id, "250 taken"
    assert sweep(EVENING + timedelta(seconds=10)).sent == 0
    assert sweep(EVENING + timedelta(minutes=3)).sent == 1
    assert sending.taken[0]["Message-ID"] == first


def test_a_refused_address_is_given_up(sending: Relay) -> None:
    sending.answers["blatt@example.org"] = "550 unknown"
    sweep()
    assert (row().given_up, row().failure) == (True, "550 unknown")
    assert sweep(EVENING + timedelta(hours=2)).sent == 0


def test_a_killed_process_leaves_the_sheet_to_the_next(sending: Relay) -> None:
    plan_day_sheets(now=EVENING)
    db.session.execute(sa.update(DaySheet).values(claimed_until=EVENING + LEASE))
    db.session.commit()
    assert send_day_sheets(lambda: EVENING).sent == 0
    assert send_day_sheets(lambda: EVENING + LEASE).sent == 1


def test_a_sheet_of_yesterday_is_sent_to_nobody(sending: Relay) -> None:
    plan_day_sheets(now=EVENING)
    assert send_day_sheets(lambda: EVENING + timedelta(days=2)).sent == 0
    assert row().given_up
    assert sending.taken == []


def test_what_was_mailed_is_forgotten_after_a_month(sending: Relay) -> None:
    sweep()
    forget(now=EVENING + timedelta(days=20))
    assert row().sent_at == EVENING
    forget(now=EVENING + timedelta(days=40))
    assert db.session.scalar(sa.select(sa.func.count(DaySheet.id))) == 0


@pytest.mark.faults
@pytest.mark.long_on("sqlite")
def test_two_job_processes_mail_one_sheet(relay: Relay, app: Flask, settings: Settings, tmp_path: Path) -> None:
    """The machine's clock may say that another day's sheet is due as well: that one leaves once, too."""
    now = clock.now()
    with app.app_context():
        a_municipality()
        wants("blatt@example.org")
        tomorrow = (now + timedelta(days=1)).date()
        office = db.session.scalars(sa.select(Office.id)).one()
        waiting = {"office_id": office, "day": tomorrow, "address": "blatt@example.org", "message_id": "<one@e.org>"}
        db.session.add(DaySheet(**waiting, next_at=now))
        db.session.commit()
    environment = environment_for(settings.database_url, port=8000, MAIL_PORT=relay.port)
    running = [
        start("-m", "flask", "--app", "wsgi", "jobs", environment=environment, log=tmp_path / f"jobs{place}.log")
        for place in range(2)
    ]

    def mailed() -> Counter[str]:
        return Counter(str(message["Message-ID"]) for message in relay.taken)

    try:
        give_up = time.monotonic() + PATIENCE
        while not mailed()["<one@e.org>"] and time.monotonic() < give_up:
            time.sleep(0.1)
        time.sleep(3)  # whoever would send it twice does it now
    finally:
        assert [end(process) for process in running] == [0, 0]
    assert mailed()["<one@e.org>"] == 1
    assert set(mailed().values()) == {1}


def test_a_town_whose_catalogue_cannot_be_read_keeps_no_sheet_from_the_others(
    sending: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    broken = a_municipality("anderswo", timezone="Mars/Olympus")
    wants("blatt@example.org")
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            plan_day_sheets(now=EVENING)
    assert row().office_id not in db.session.scalars(sa.select(Office.id).filter_by(municipality_id=broken.id)).all()
    assert f"plan_day_sheets failed at ({broken.id}, " in caplog.text


def test_municipalities_do_not_mix(sending: Relay) -> None:
    a_municipality("anderswo")
    sweep()
    assert len(sending.taken) == 1
    assert db.session.scalar(sa.select(sa.func.count(Municipality.id))) == 2
