"""Reminders: one on the working day before, to whoever may have forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from booking.actions import remind as remind_module
from booking.actions.cancel import cancel
from booking.actions.letters import post
from booking.actions.move import move
from booking.actions.remind import remind
from booking.extensions import db
from booking.models import Appointment, Kind, Letter
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment

pytestmark = pytest.mark.usefixtures("context")

NEXT_MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
FRIDAY_NINE = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


def reminders() -> list[str | None]:
    return list(db.session.scalars(sa.select(Letter.once).where(Letter.kind == Kind.REMINDER.value)))


def test_a_reminder_is_written_on_friday_for_monday_and_only_once() -> None:
    a_municipality()
    found = an_appointment(start=NEXT_MONDAY)
    assert remind(now=FRIDAY_NINE - timedelta(seconds=1)) == 0
    assert remind(now=FRIDAY_NINE) == 1
    assert remind(now=FRIDAY_NINE + timedelta(hours=1)) == 0
    assert reminders() == [f"reminder:{found.id}:0"]


def test_a_job_process_that_was_dead_on_friday_still_reminds_on_sunday() -> None:
    a_municipality()
    an_appointment(start=NEXT_MONDAY)
    assert remind(now=FRIDAY_NINE + timedelta(days=2)) == 1


def test_whoever_booked_less_than_a_day_before_needs_no_reminder() -> None:
    a_municipality()
    an_appointment(FRIDAY_NINE - timedelta(hours=23), start=NEXT_MONDAY)
    assert remind(now=FRIDAY_NINE) == 0
    assert remind(now=FRIDAY_NINE + timedelta(days=2)) == 0


def test_whoever_moved_it_long_ago_is_reminded_of_the_new_time() -> None:
    a_municipality()
    found = an_appointment(start=NEXT_MONDAY + timedelta(days=1))
    move(found.token, NEXT_MONDAY, now=MONDAY + timedelta(hours=1))
    assert remind(now=FRIDAY_NINE) == 1
    assert reminders() == [f"reminder:{found.id}:1"]


def test_whoever_moved_it_just_now_needs_no_reminder() -> None:
    a_municipality()
    found = an_appointment(start=NEXT_MONDAY + timedelta(days=1))
    move(found.token, NEXT_MONDAY, now=FRIDAY_NINE - timedelta(hours=1))
    assert remind(now=FRIDAY_NINE) == 0


def test_a_reminder_that_waits_is_withdrawn_when_the_appointment_moves() -> None:
    a_municipality()
    found = an_appointment(start=NEXT_MONDAY)
    remind(now=FRIDAY_NINE)
    move(found.token, NEXT_MONDAY + timedelta(days=1), now=FRIDAY_NINE + timedelta(hours=1))
    query = sa.select(Letter.status).where(Letter.kind == Kind.REMINDER.value)
    assert list(db.session.scalars(query)) == ["superseded"]


def test_nobody_is_reminded_of_what_is_pending_cancelled_over_or_without_address() -> None:
    a_municipality()
    a_booking(FRIDAY_NINE, start=NEXT_MONDAY)
    cancel(an_appointment(start=NEXT_MONDAY + timedelta(hours=1)).token, now=MONDAY + timedelta(hours=1))
    mute = an_appointment(start=NEXT_MONDAY + timedelta(hours=2))
    db.session.execute(sa.update(Appointment).where(Appointment.id == mute.id).values(email=""))
    db.session.commit()
    an_appointment(start=NINE)
    assert remind(now=FRIDAY_NINE) == 0


def test_a_town_whose_catalogue_cannot_be_read_keeps_no_reminder_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = a_municipality("anderswo", timezone="Mars/Olympus")
    a_municipality()
    found = an_appointment(start=NEXT_MONDAY)
    with pytest.raises(ExceptionGroup):
        remind(now=FRIDAY_NINE)
    assert reminders() == [f"reminder:{found.id}:0"]
    assert f"remind failed at ({broken.id}, " in caplog.text


def test_an_appointment_that_cannot_be_reminded_of_keeps_no_reminder_from_the_others_of_its_office(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    a_municipality()
    broken, found = (an_appointment(start=NEXT_MONDAY + timedelta(hours=hour)) for hour in range(2))

    def fails_at_one(row: Appointment, *args: Any, **kwargs: Any) -> None:
        if row.id == broken.id:
            raise ValueError("a row that nobody foresaw")
        post(row, *args, **kwargs)

    monkeypatch.setattr(remind_module, "post", fails_at_one)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            remind(now=FRIDAY_NINE)
    assert reminders() == [f"reminder:{found.id}:0"]
    assert f"remind failed at {broken.id}; the others go on" in caplog.text
