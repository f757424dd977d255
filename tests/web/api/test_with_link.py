"""What the mailed link's token opens: the happy path, the refusal, the stranger."""

from collections.abc import Callable
from datetime import datetime, timedelta

import icalendar
import pytest

from tests.builders import MONDAY
from tests.web.api.conftest import Caller

pytestmark = pytest.mark.both_engines

LATER = {"start": "2026-11-26T09:00:00+01:00"}


def test_the_link_shows_and_changes_nothing(api: Caller) -> None:
    booked = api.book()
    shown = api.get("/appointment", **api.with_link(booked))
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert shown.json == {name: told for name, told in booked.json.items() if name != "holder"}


@pytest.mark.parametrize(
    ("verb", "sent", "status"),
    [
        pytest.param("confirm", None, "confirmed", id="confirmed stays confirmed"),
        pytest.param("cancel", None, "cancelled", id="cancelled stays cancelled"),
        pytest.param("move", LATER, "confirmed", id="moved stays where it is"),
    ],
)
def test_repeating_what_is_done_is_answered_kindly(api: Caller, verb: str, sent: object, status: str) -> None:
    link = api.with_link(api.book())
    once, twice = (api.post(f"/appointment/{verb}", sent, **link) for _ in range(2))
    assert (once.status_code, once.json["status"]) == (200, status)
    assert (twice.status_code, twice.json) == (200, once.json)


def test_moving_to_a_taken_start_names_the_nearest_free_ones(api: Caller) -> None:
    api.book(start="2026-11-25T10:00:00+01:00", email="berta@example.org")
    refused = api.post("/appointment/move", {"start": "2026-11-25T10:00:00+01:00"}, **api.with_link(api.book()))
    assert (refused.status_code, refused.json["code"]) == (409, "start-taken")
    assert "2026-11-25T10:15:00+01:00" in refused.json["alternatives"]


def test_moving_what_is_cancelled_names_the_state(api: Caller) -> None:
    link = api.with_link(api.book())
    api.post("/appointment/cancel", **link)
    refused = api.post("/appointment/move", LATER, **link)
    assert (refused.status_code, refused.json["code"], refused.json["state"]) == (409, "not-possible-now", "cancelled")


def test_confirming_late_offers_other_times_if_the_time_is_gone(api: Caller, at: Callable[[datetime], None]) -> None:
    link = api.with_link(api.book(start="2026-11-26T09:00:00+01:00"))
    at(MONDAY + timedelta(days=1, hours=1))
    assert api.book(start="2026-11-26T09:00:00+01:00", email="berta@example.org").status_code == 201
    refused = api.post("/appointment/confirm", **link)
    assert (refused.status_code, refused.json["code"]) == (410, "confirmation-expired")
    assert "2026-11-26T09:15:00+01:00" in refused.json["alternatives"]


def test_the_calendar_file_has_the_uid_of_the_letters_and_no_secret(api: Caller) -> None:
    booked = api.book()
    link = api.with_link(booked)
    api.post("/appointment/confirm", **link)
    answer = api.get("/appointment/calendar.ics", **link)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert calendar["METHOD"] == "PUBLISH"
    assert [str(event["UID"]) for event in calendar.walk("VEVENT")] == [api.mailed(booked).uid]


def test_what_is_not_booked_has_no_calendar_file(api: Caller, at: Callable[[datetime], None]) -> None:
    link = api.with_link(api.book())
    for now, status in ((MONDAY, "pending"), (MONDAY + timedelta(days=1), "expired")):
        at(now)
        refused = api.get("/appointment/calendar.ics", **link)
        assert (refused.status_code, refused.json["code"], refused.json["status"]) == (409, "not-possible-now", 409), (
            status
        )


def test_a_fourth_appointment_is_one_too_many(api: Caller) -> None:
    starts = [f"2026-11-{day}T09:00:00+01:00" for day in (24, 25, 26, 27)]
    for start in starts[:3]:
        assert api.post("/appointment/confirm", **api.with_link(api.book(start=start))).status_code == 200
    refused = api.post("/appointment/confirm", **api.with_link(api.book(start=starts[3])))
    assert (refused.status_code, refused.json["code"]) == (409, "too-many-appointments")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "header",
    [
        pytest.param({}, id="no token"),
        pytest.param({"Authorization": "Bearer"}, id="an empty one"),
        pytest.param({"Authorization": "Basic YTpi"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer abcdK7MWX3Paaaaaaaaaaaaaaaaaaaaaaaaaa"}, id="one of nobody"),
        pytest.param({"Authorization": "Bearer ä\x80"}, id="no token at all"),
    ],
)
def test_who_has_no_token_finds_nothing(api: Caller, method: str, header: dict[str, str]) -> None:
    api.book()
    path = "/appointment" if method == "GET" else "/appointment/cancel"
    answer = api.get(path, **header) if method == "GET" else api.post(path, **header)
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_a_token_made_for_another_appointment_opens_nothing(api: Caller) -> None:
    mine = api.mailed(api.book())
    other = api.mailed(api.book(start="2026-11-24T10:00:00+01:00", email="berta@example.org"))
    forged = other.token.replace(other.reference, mine.reference)
    assert api.get("/appointment", Authorization=f"Bearer {forged}").status_code == 404
    assert api.get("/appointment", Authorization=f"Bearer {mine.holder}").status_code == 404
