"""The page of the audit log: for admins of the whole municipality, in sentences, narrowed by filters."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from booking import clock
from booking.actions.audit import record
from booking.extensions import db
from booking.models import Office
from booking.rules.roles import Actor, Role
from tests.builders import a_municipality
from tests.colleagues import Colleague, a_colleague, a_login

pytestmark = pytest.mark.both_engines


@pytest.fixture
def admin(app: Flask) -> Colleague:
    with app.app_context():
        a_municipality()
        a_municipality("anderswo")
        desk, stranger = a_login("erna", "desk"), a_login("fremd", "desk", town="anderswo")
        office = db.session.scalars(select(Office.id).where(Office.municipality_id == desk.municipality)).one()
        record(desk, "call", "appointment ABC2346", now=clock.now(), office=office, clerk="platz1")
        record(desk, "log-in", f"login {desk.login}", now=clock.now() - timedelta(days=2))
        record(stranger, "finish", "appointment XYZ2346", now=clock.now())
        db.session.commit()
    return a_colleague(app, "admin")


def body(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_the_log_says_who_did_what_in_which_role(admin: Colleague) -> None:
    page = body(admin.get("/staff/musterstadt/audit").text)
    assert all(word in page for word in ("Erna", "Schalter", "hat aufgerufen", "Termin ABC-2346", "platz1"))


@pytest.mark.parametrize(
    ("verb", "subject", "details", "said"),
    [
        pytest.param("feed-made", "feed 3", {"shows": "concern", "clerk": ""}, "zeigt: auch die Anliegen<", id="empty"),
        pytest.param("noted", "notice 1", {}, "Hinweis Nr. 1", id="subject"),
        pytest.param(
            "moved",
            "appointment ABC2346",
            {"from": "2026-11-24T08:00:00+00:00", "to": "2026-11-25T09:30:00+00:00"},
            "Zeit vorher: 24.11.2026, 09:00 Uhr, Zeit jetzt: 25.11.2026, 10:30 Uhr",
            id="times on the town's clock",
        ),
        pytest.param(
            "moved",
            "appointment ABC2346",
            {"to": "2026-11-25", "left": ["platz1"], "from": "2026-11-24", "clerks": ["platz1"]},
            "Zeit vorher: 24.11.2026, Zeit jetzt: 25.11.2026, Platz vorher: platz1, Platz jetzt: platz1",
            id="of each thing what was stands before what is",
        ),
        pytest.param("changed-clerk", "appointment ABC2346", {"left": ["platz1"]}, "Platz vorher: platz1", id="clerk"),
        pytest.param(
            "book",
            "appointment ABC2346",
            {"channel": "phone", "reasons": {"already-booked": "other-matter"}},
            "gebucht über: Telefon, trotz Warnung: hat schon einen Termin (es geht um etwas anderes)",
            id="reasons",
        ),
        pytest.param(
            "closure-saved",
            "closure 1",
            {"every": "12-24", "first": "2026-11-27"},
            "24.12., vom: 27.11.2026",
            id="days",
        ),
    ],
)
def test_details_are_told_in_words(
    app: Flask, admin: Colleague, verb: str, subject: str, details: dict[str, Any], said: str
) -> None:
    with app.app_context():
        record(admin.actor, verb, subject, now=clock.now(), **details)
        db.session.commit()
    assert said in body(admin.get(f"/staff/musterstadt/audit?verb={verb}").text)


def test_nobody_sees_another_municipality_s_log(admin: Colleague) -> None:
    assert "XYZ" not in admin.get("/staff/musterstadt/audit").text
    assert admin.get("/staff/anderswo/audit").status_code == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("", 2, id="everything"),
        pytest.param("verb=call", 1, id="a verb"),
        pytest.param("verb=nonsense", 2, id="a verb that nobody knows"),
        pytest.param("login=999999", 0, id="somebody else"),
        pytest.param("office=999999", 0, id="another office"),
        pytest.param("day=2020-01-01", 0, id="another day"),
        pytest.param("day=nonsense", 2, id="no day"),
        pytest.param("before=1", 0, id="older than the first"),
    ],
)
def test_the_log_is_narrowed_by_its_filters(admin: Colleague, query: str, count: int) -> None:
    assert body(admin.get(f"/staff/musterstadt/audit?{query}").text).count("<tr>") == count


def test_the_day_is_the_municipality_s_own(admin: Colleague) -> None:
    from zoneinfo import ZoneInfo

    today = clock.now().astimezone(ZoneInfo("Europe/Berlin")).date()
    assert body(admin.get(f"/staff/musterstadt/audit?day={today}").text).count("<tr>") == 1


def test_a_long_log_goes_on_over_pages(app: Flask, admin: Colleague) -> None:
    with app.app_context():
        by = Actor(admin.actor.login, Role.ADMIN, admin.actor.municipality)
        for number in range(150):
            record(by, "feed-made", f"feed {number}", now=clock.now())
        db.session.commit()
    first = admin.get("/staff/musterstadt/audit?verb=feed-made").text
    assert body(first).count("<tr>") == 100
    older = first.split("Ältere Einträge")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert body(admin.get(older).text).count("<tr>") == 50
